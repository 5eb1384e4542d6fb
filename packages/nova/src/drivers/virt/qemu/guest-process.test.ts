import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { identify, identifyChild, isAlive } from './guest-process.ts';
import { instancePaths } from './instance-files.ts';

test('a child is known by its pid alone: while it becomes QEMU its command line says nothing', async () => {
  const paths = instancePaths('/tmp', '00000000-0000-4000-8000-000000000000');
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  assert.equal(await identify(child.pid!, paths), undefined);
  const found = await identifyChild(child.pid!);
  assert.equal(found?.pid, child.pid);
  assert.equal(await isAlive(found!), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(await isAlive(found!), false);
  assert.equal(await identifyChild(child.pid!), undefined);
});
