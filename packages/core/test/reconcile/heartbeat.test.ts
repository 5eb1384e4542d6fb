import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger as log } from '../../src/log/index.ts';
import { heartbeat } from '../../src/reconcile/index.ts';

test('beats at once and at intervals, goes on after failures, and not after its stop', async () => {
  let beats = 0;
  const life = heartbeat({
    intervalMs: 10,
    log,
    beat: async () => {
      if (++beats < 3) throw new Error('not yet');
    },
  });
  await life.start();
  assert.equal(beats, 1);
  while (beats < 5) await sleep(5);
  await life.stop();
  const last = beats;
  await sleep(40);
  assert.equal(beats, last);
});

test('a stop waits for the beat under way and none follows it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let beats = 0;
  const life = heartbeat({
    intervalMs: 1,
    log,
    beat: () => {
      beats++;
      return promise;
    },
  });
  void life.start();
  let isStopped = false;
  const stopped = life.stop().then(() => {
    isStopped = true;
  });
  await sleep(10);
  assert.equal(isStopped, false);
  resolve();
  await stopped;
  await sleep(10);
  assert.equal(beats, 1);
});
