import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turnsEnd } from './turn.ts';

/** Who waits, and in which order it goes on. */
async function goOn(order: string[], name: string): Promise<void> {
  await turnsEnd();
  order.push(name);
}

test('all that wait in one turn go on together, in their order, once it is over', async () => {
  const order: string[] = [];
  const waiting = Promise.all([goOn(order, 'a'), goOn(order, 'b')]);
  await Promise.resolve();
  process.nextTick(() => order.push('the turn itself'));
  await waiting;
  assert.deepEqual(order, ['the turn itself', 'a', 'b']);
});

test('so many wait for each other and no more', async () => {
  const order: string[] = [];
  const waiting = Array.from({ length: 33 }, (_, at) => goOn(order, `${at}`));
  await waiting[0];
  assert.equal(order.length, 32, 'one too many for this turn waits for the next');
  await Promise.all(waiting);
  assert.equal(order.at(-1), '32');
});
