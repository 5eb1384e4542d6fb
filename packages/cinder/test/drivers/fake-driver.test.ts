import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import { FakeVolumeDriver } from '../../src/drivers/volume/index.ts';

test('the fake takes the time and fails as it was told, and what failed did not happen', async () => {
  let failing = true;
  const driver = new FakeVolumeDriver({
    delayMs: (method) => (method === 'create' ? 30 : 0),
    failure: (method) => {
      if (failing && method === 'create') throw new DriverError('backend is down', { retryable: true });
    },
  });
  const id = randomUUID();
  const began = performance.now();
  await assert.rejects(driver.create({ id, sizeGb: 1 }), (error) => error instanceof DriverError && error.retryable);
  assert.ok(performance.now() - began >= 29);
  assert.deepEqual((await driver.list()).volumes, []);
  failing = false;
  assert.equal((await driver.create({ id, sizeGb: 1 })).id, id);
});
