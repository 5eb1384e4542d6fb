/** Trusts and application credentials, one request after the other, at OpenStack's own Keystone and at ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen } from '@kumo/core/http';
import { freePort } from '../../../core/src/testing/free-ports.ts';
import { ADMIN_PASSWORD, bootstrapFor, TestKeystone } from '../harness.ts';
import { delegationSteps } from './delegation-steps.ts';
import { REAL_PASSWORD, RealKeystone, realKeystoneMissing } from './real-keystone.ts';
import { Remote } from './remote.ts';
import type { Step } from './step-log.ts';

async function atTheirs(): Promise<readonly Step[]> {
  const real = await RealKeystone.start();
  try {
    return await delegationSteps(new Remote(real.url), REAL_PASSWORD);
  } finally {
    await real.stop();
  }
}

async function atOurs(): Promise<readonly Step[]> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const keystone = await TestKeystone.start({ bootstrap: bootstrapFor(url) });
  try {
    assert.ok(keystone.daemon.app);
    await listen(keystone.daemon.app, { host: '127.0.0.1', port });
    return await delegationSteps(new Remote(url), ADMIN_PASSWORD);
  } finally {
    await keystone.stop();
  }
}

test('both answer every step of delegation alike', { skip: realKeystoneMissing }, async () => {
  const [theirs, ours] = [await atTheirs(), await atOurs()];
  assert.equal(ours.length, theirs.length);
  for (const [at, step] of ours.entries()) assert.deepEqual(step, theirs[at]);
});
