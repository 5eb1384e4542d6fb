import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KumoError, unavailable } from '@kumo/core/errors';
import { type Turn, WaitingLine } from './waiting-line.ts';

/** A line of one at a time whose work ends when the test says so; what began is kept in order. */
function lineOf(options: { waiting?: number; waitingPerAddress?: number } = {}) {
  const line = new WaitingLine({ concurrency: 1, waiting: 1000, waitingPerAddress: 1000, ...options });
  const began: string[] = [];
  const refused: [string, unknown][] = [];
  let finish = () => {};
  const come = (name: string, turn: Turn) => {
    const work = () => {
      began.push(name);
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    line.run(work, turn).catch((error) => refused.push([name, error]));
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const turns = async (count: number) => {
    await settled();
    for (let turn = 0; turn < count; turn++) {
      finish();
      await settled();
    }
  };
  come('busy', { address: 'x', account: 'x' });
  return { come, turns, began, refused };
}

test('addresses take turns: who sends much waits behind himself', async () => {
  const { come, turns, began } = lineOf();
  for (let n = 0; n < 100; n++) come(`flood ${n}`, { address: '203.0.113.1', account: `a${n}` });
  come('good', { address: '203.0.113.2', account: 'kim' });
  await turns(2);
  assert.deepEqual(began, ['busy', 'flood 0', 'good']);
  await turns(99);
  assert.equal(began.length, 102);
});

test('of one address, an account of which nothing waits has its turn soon', async () => {
  const { come, turns, began } = lineOf();
  for (let n = 0; n < 50; n++) come(`flood ${n}`, { address: 'a', account: 'kim' });
  come('good', { address: 'a', account: 'lee' });
  await turns(4);
  assert.ok(began.includes('good'), String(began));
});

test('of one address, an account beside many others waits no longer than twice its place', async () => {
  const { come, turns, began } = lineOf();
  for (let n = 0; n < 20; n++) come(`kim ${n}`, { address: 'a', account: 'kim' });
  come('good', { address: 'a', account: 'kim' });
  // Accounts that nobody has heard of, one after the other.
  for (let n = 0; n < 60; n++) {
    come(`flood ${n}`, { address: 'a', account: `a${n}` });
    await turns(1);
  }
  assert.ok(began.indexOf('good') > 0 && began.indexOf('good') <= 2 * 21 + 1, String(began.indexOf('good')));
});

test('work that nobody waits for any longer is dropped before it is done', async () => {
  const { come, turns, began, refused } = lineOf();
  const gone = new AbortController();
  for (let n = 0; n < 120; n++) come(`abandoned ${n}`, { address: 'a', account: 'kim', signal: gone.signal });
  come('good', { address: 'a', account: 'kim' });
  const reason = new Error('gone');
  gone.abort(reason);
  come('late', { address: 'a', account: 'kim', signal: gone.signal });
  await turns(1);
  assert.deepEqual(began, ['busy', 'good']);
  assert.equal(refused.length, 121);
  assert.ok(refused.every(([, error]) => error === reason));
  await turns(1);
  come('next', { address: 'a', account: 'kim' });
  await turns(0);
  assert.deepEqual(began, ['busy', 'good', 'next']);
});

test('more than may wait of one address, or altogether, are told to come back', async () => {
  const { come, turns, began, refused } = lineOf({ waiting: 6, waitingPerAddress: 4 });
  for (let n = 0; n < 5; n++) come(`a ${n}`, { address: 'a', account: 'kim' });
  for (let n = 0; n < 2; n++) come(`b ${n}`, { address: 'b', account: 'kim' });
  // The line is full: the youngest of who has most gives way to who has less, and nobody to who has as much.
  come('c 0', { address: 'c', account: 'kim' });
  come('c 1', { address: 'c', account: 'kim' });
  come('c 2', { address: 'c', account: 'kim' });
  await turns(6);
  assert.deepEqual(refused.map(([name]) => name).toSorted(), ['a 2', 'a 3', 'a 4', 'c 2']);
  for (const [, error] of refused) {
    assert.ok(unavailable.is(error) && error instanceof KumoError);
    assert.equal(error.headers['Retry-After'], '1');
  }
  assert.deepEqual(began, ['busy', 'a 0', 'b 0', 'c 0', 'a 1', 'b 1', 'c 1']);
});
