import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { silentLogger } from '../../src/log/index.ts';
import { reconciler } from '../../src/reconcile/index.ts';

const base = { name: 'test', intervalMs: 3_600_000, log: silentLogger };

test('looks at everything at the start and after each interval, a few at once', async () => {
  let now = 0;
  let most = 0;
  const seen: string[] = [];
  const loop = reconciler({
    ...base,
    intervalMs: 400,
    concurrency: 2,
    keys: async () => ['a', 'b', 'c'],
    reconcile: async (key) => {
      most = Math.max(most, ++now);
      await sleep(2);
      now--;
      seen.push(key);
    },
  });
  loop.start();
  await loop.idle();
  assert.deepEqual(seen.sort(), ['a', 'b', 'c']);
  assert.equal(most, 2);
  await sleep(700);
  assert.ok(seen.length >= 6);
  await loop.stop();
  const { length } = seen;
  await sleep(600);
  assert.equal(seen.length, length);
});

test('one run per key: nudges while it runs make one more run', async () => {
  const runs: string[] = [];
  let running = 0;
  const loop = reconciler({
    ...base,
    keys: async () => [],
    reconcile: async (key) => {
      assert.equal(++running, 1);
      runs.push(key);
      await sleep(10);
      running--;
    },
  });
  loop.start();
  loop.nudge('a');
  await sleep(3);
  for (let n = 0; n < 5; n++) loop.nudge('a');
  await loop.idle();
  assert.deepEqual(runs, ['a', 'a']);
  await loop.stop();
});

test('errors back off by key, a nudge ends the pause, success forgets them; againMs looks again', async () => {
  const at: number[] = [];
  let broken = true;
  const loop = reconciler({
    ...base,
    backoffMs: 40,
    keys: async () => ['a'],
    reconcile: async () => {
      at.push(performance.now());
      if (broken) throw new Error('not yet');
      return at.length < 6 ? { againMs: 5 } : undefined;
    },
  });
  loop.start();
  await sleep(30);
  loop.nudge();
  await loop.idle();
  assert.equal(at.length, 1, 'a look at everything does not end a pause');
  await sleep(120);
  assert.equal(at.length, 3);
  assert.ok(at[1]! - at[0]! >= 38 && at[2]! - at[1]! >= 75, 'the pause doubles');
  broken = false;
  loop.nudge('a');
  await sleep(60);
  assert.equal(at.length, 6);
  await loop.stop();
});

test('a list that fails is tried again, and is an error when that fails too; stop aborts and waits', async () => {
  const levels: number[] = [];
  let lists = 0;
  let ended = false;
  const loop = reconciler({
    ...base,
    log: pino({ level: 'warn' }, { write: (line: string) => void levels.push(JSON.parse(line).level) }),
    backoffMs: 5,
    keys: async () => {
      if (++lists < 3) throw new Error('no database');
      return ['a'];
    },
    reconcile: async (_, signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      await sleep(10);
      ended = true;
    },
  });
  loop.start();
  await sleep(60);
  assert.equal(lists, 3);
  assert.deepEqual(levels, [pino.levels.values.warn, pino.levels.values.error]);
  await loop.stop();
  assert.equal(ended, true);
});
