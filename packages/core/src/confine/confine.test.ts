import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { run } from '../exec/index.ts';
import { checkIdBounds, commandAs, defaultIdBounds, IdRange } from './index.ts';

const needsRoot = process.getuid?.() === 0 ? false : 'needs root';
const bounds = defaultIdBounds('/tmp/confine-test', 'guests');

test('a thing keeps its id, no two have the same, and a released one is given again last', async () => {
  const range = new IdRange({ first: bounds.first, count: 3 });
  const [a, again, b] = await Promise.all([range.take('a'), range.take('a'), range.take('b')]);
  assert.equal(a, again);
  assert.notEqual(a, b);
  range.release('a');
  const c = await range.take('c');
  assert.ok(c !== a && c !== b, 'the freshly released id is not the next');
  assert.equal(await range.take('d'), a);
  await assert.rejects(range.take('e'), /none of the 3 user ids/);
});

test('what was kept is adopted, and two records with one id are an error', async () => {
  const range = new IdRange({ first: bounds.first, count: 10 });
  range.adopt('a', bounds.first);
  range.adopt('a', bounds.first);
  range.adopt('elsewhere', 999_999);
  assert.equal(await range.take('a'), bounds.first);
  assert.notEqual(await range.take('b'), bounds.first);
  assert.throws(() => range.adopt('c', bounds.first), /a have the same user id/);
  assert.throws(() => range.adopt('a', bounds.first + 5), /has the user id/);
});

test('an id that a process of this host has is not given', { skip: needsRoot }, async () => {
  const ids = { uid: bounds.first + 20, gid: bounds.first + 20 };
  const child = spawn(...commandAs(ids, 'sleep', ['60']), { stdio: 'ignore' });
  await once(child, 'spawn');
  try {
    const range = new IdRange({ first: ids.uid, count: 2 });
    while (!(await run('ps', ['-o', 'uid=', '-p', String(child.pid)])).stdout.includes(String(ids.uid)));
    assert.equal(await range.take('x'), ids.uid + 1);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});

test('two state directories, and guests and volumes of one, have ids apart from each other', () => {
  const all = ['/var/lib/kumo', '/tmp/a'].flatMap((dir) => [
    defaultIdBounds(dir, 'guests'),
    defaultIdBounds(dir, 'volumes'),
  ]);
  for (const one of all)
    for (const other of all)
      assert.ok(one === other || one.first + one.count <= other.first || other.first + other.count <= one.first);
});

test('ids that do not exist here are refused with the setting to change', async () => {
  await assert.rejects(
    checkIdBounds({ first: 0xffff_fff0, count: 100 }, 'nova.compute.guestIds'),
    /nova\.compute\.guestIds/,
  );
});

test('a confined program has its ids, no groups, no capability, no way to one, and namespaces of its own', {
  skip: needsRoot,
}, async () => {
  const ids = { uid: bounds.first, gid: bounds.first + 1 };
  const { stdout } = await run(
    ...commandAs(ids, 'cat', ['/proc/self/status', '/proc/net/dev'], { namespaces: ['net', 'ipc'] }),
  );
  assert.match(stdout, new RegExp(`^Uid:(\\s+${ids.uid}){4}$`, 'm'));
  assert.match(stdout, new RegExp(`^Gid:(\\s+${ids.gid}){4}$`, 'm'));
  assert.match(stdout, /^Groups:\s*$/m);
  for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']) assert.match(stdout, new RegExp(`^Cap${set}:\\s+0+$`, 'm'));
  assert.match(stdout, /^NoNewPrivs:\s+1$/m);
  assert.deepEqual(
    stdout.match(/^\s*\w+:(?=\s+\d+ +\d+ +\d+ +\d+)/gm)?.map((name) => name.trim()),
    ['lo:'],
  );
});

test('without ids it is the same user, and still gains nothing', async () => {
  const { stdout } = await run(...commandAs(undefined, 'cat', ['/proc/self/status']));
  assert.match(stdout, new RegExp(`^Uid:\\s+${process.getuid?.()}\\s`, 'm'));
  assert.match(stdout, /^NoNewPrivs:\s+1$/m);
});
