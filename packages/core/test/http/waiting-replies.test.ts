import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Type as T } from 'typebox';
import { implement, operation } from '../../src/http/index.ts';
import { exampleApp } from './example-service.ts';

const listThings = operation({
  name: 'listThings',
  method: 'GET',
  path: '/v2/things',
  policy: 'none',
  reply: T.Unknown(),
});

test('a reply that waits for the end of its turn keeps nothing of what it was made of', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let wasAnswered = false;
  let whileWaiting: { isKept: boolean; wasAnswered: boolean } | undefined;
  const list = implement(listThings, () => {
    const result = { things: [{ id: 'one' }] };
    const kept = new WeakRef(result);
    // Before the turn's end, which is an immediate too, and a later one.
    setImmediate(() => {
      collect();
      whileWaiting = { isKept: kept.deref() !== undefined, wasAnswered };
    });
    return result;
  });
  const observe = () => {
    wasAnswered = true;
  };
  const app = exampleApp({ routes: [list], observe, microversions: undefined });
  const { body } = await app.inject({ url: '/v2/things' });
  assert.equal(body, '{"things":[{"id":"one"}]}');
  assert.deepEqual(whileWaiting, { isKept: false, wasAnswered: false });
  await app.close();
});
