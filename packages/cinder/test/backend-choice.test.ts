import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Backend, chooseBackend } from '../src/app/backend-choice.ts';

const rules = { maxOverSubscriptionRatio: 2, reservedPercentage: 10 };
const backend = (host: string, changes: Partial<Backend> = {}): Backend => ({
  host,
  availabilityZone: 'nova',
  backendName: 'file',
  pool: 'file',
  driver: 'file',
  totalGb: 100,
  freeGb: 100,
  provisionedGb: 0,
  thinProvisioning: true,
  volumes: 0,
  ...changes,
});
const wanted = (sizeGb: number, extraSpecs = {}) => ({ sizeGb, availabilityZone: 'nova', extraSpecs });

test('the back end with the most room is chosen', () => {
  const found = chooseBackend(
    [backend('a', { freeGb: 20 }), backend('b', { freeGb: 80 }), backend('c', { freeGb: 50 })],
    wanted(1),
    rules,
  );
  assert.equal(found.chosen?.host, 'b');
});

test('each filter says why it refuses', () => {
  const all = [
    backend('zone', { availabilityZone: 'other' }),
    backend('name', { backendName: 'ceph' }),
    backend('promised', { provisionedGb: 195 }),
    backend('full', { freeGb: 12 }),
    backend('thick', { thinProvisioning: false, freeGb: 15 }),
  ];
  const { chosen, refusals } = chooseBackend(all, wanted(10, { volume_backend_name: 'file' }), rules);
  assert.equal(chosen, undefined);
  assert.deepEqual(
    refusals.map((text) => text.split(':')[0]),
    ['zone', 'name', 'promised', 'full', 'thick'],
  );
});

test('a thin back end may promise more than it has, up to the ratio', () => {
  assert.equal(chooseBackend([backend('a', { provisionedGb: 150 })], wanted(50), rules).chosen?.host, 'a');
  assert.equal(chooseBackend([backend('a', { provisionedGb: 150 })], wanted(51), rules).chosen, undefined);
});
