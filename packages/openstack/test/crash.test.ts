/** What nobody caught: named with its daemon, and ending only what it must. A process of its own, since it ends one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROCESS = fileURLToPath(new URL('./crashing-process.ts', import.meta.url));

function run(fault: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROCESS, fault], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return { status, stdout, stderr, said: lines.map((line) => JSON.parse(line)).filter(({ daemon }) => daemon) };
}

for (const fault of ['rejection', 'rejection-in-process', 'rejection-rpc', 'rejection-socket', 'rejection-value'])
  test(`${fault}: logged as its daemon's and counted, and the process goes on`, () => {
    const { status, stdout, said } = run(fault);
    assert.equal(status, 0, stdout);
    assert.deepEqual(
      said.map(({ daemon, level, msg }) => [daemon, level, /goes on/.test(msg)]),
      [['thing-api', 50, true]],
    );
    assert.match(said[0].err.message, /left behind/);
    assert.match(stdout, /^kumo_unhandled_rejections_total\{daemon="thing-api"\} 1$/m);
    assert.match(stdout, /^still here$/m);
  });

for (const fault of ['exception', 'emitter', 'left-handle'])
  test(`${fault}: named, and ends the process, which its keeper starts again`, () => {
    const { status, stdout, stderr, said } = run(fault);
    assert.equal(status, 1);
    assert.deepEqual(
      said.map(({ level }) => level),
      [60],
    );
    // Of what the collector finds nobody knows whose it was.
    assert.equal(said[0].daemon, fault === 'left-handle' ? 'unknown' : 'thing-api');
    assert.match(stderr, /^kumo: [\w-]+: an error that nobody caught/m);
    assert.doesNotMatch(stdout, /still here/);
  });
