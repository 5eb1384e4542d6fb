import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RecordedCall, routeOf } from '../../core/src/testing/api-record.ts';
import { coverageOf } from '../src/api/coverage.ts';
import { type Inventory, inventoried, inventoryOf } from '../src/api/inventory.ts';

const op = (method: string, path: string, steps: Inventory['operations'][number]['steps']) => ({
  group: 'g',
  summary: `${method} ${path}`,
  method,
  path,
  steps,
});
const ok = [{ success: [200] }];
const missingOf = (operations: Inventory['operations'], calls: RecordedCall[]) =>
  coverageOf({ service: 's', package: 'p', operations, leftOut: [] }, calls).missing.map(({ summary }) => summary);

test('an answer counts with the documented code only, for the method and the template that fits best', () => {
  const operations = [op('GET', '/v3/limits/{limit_id}', ok), op('GET', '/v3/limits/model', ok)];
  assert.deepEqual(missingOf(operations, []), ['GET /v3/limits/{limit_id}', 'GET /v3/limits/model']);
  const call = { method: 'GET', path: '/v3/limits/model', status: 200 };
  assert.deepEqual(missingOf(operations, [call]), ['GET /v3/limits/{limit_id}']);
  assert.deepEqual(missingOf(operations, [{ ...call, status: 204 }]).length, 2);
  assert.deepEqual(missingOf(operations, [{ ...call, method: 'HEAD' }]).length, 2);
  const both = [call, { ...call, path: '/v3/limits/{}' }];
  assert.deepEqual(missingOf(operations, both), []);
  assert.deepEqual(missingOf(operations, [{ ...call, path: '/v3/limits/some-name' }]), ['GET /v3/limits/model']);
  assert.deepEqual(missingOf(operations, [{ ...call, path: '/v3/limits/' }]).length, 2);
});

test('operations of one path are told apart by the kind of request, and every step must have been seen', () => {
  const scoped = op('POST', '/t', [{ success: [201], kinds: ['methods=password scope=project', 'scope=system'] }]);
  const steps = op('POST', '/t', [
    { success: [401], kinds: ['receipt=given'] },
    { success: [201], kinds: ['receipt=sent'] },
  ]);
  const call = { method: 'POST', path: '/t', status: 201 };
  assert.equal(missingOf([scoped], [call, { ...call, kind: 'methods=password scope=none' }]).length, 1);
  assert.equal(missingOf([scoped], [{ ...call, kind: 'methods=password scope=project' }]).length, 0);
  assert.equal(missingOf([scoped], [{ ...call, kind: 'methods=token scope=system' }]).length, 0);
  const sent = { ...call, kind: 'methods=totp scope=none receipt=sent' };
  assert.equal(missingOf([steps], [sent]).length, 1);
  assert.equal(missingOf([steps], [sent, { ...sent, status: 401, kind: 'methods=password receipt=given' }]).length, 0);
});

test('paths are recorded without ids, queries and hosts', () => {
  assert.equal(routeOf('http://x:1/v3/users/0123456789abcdef0123456789abcdef/?a=b'), '/v3/users/{}');
  assert.equal(routeOf('/os-x/6b1e2f60-0000-4000-8000-00000000dead/12'), '/os-x/{}/{}');
  assert.equal(routeOf('/'), '/');
});

test('every inventory can be read; what is left out says why, and is not counted as well', () => {
  for (const name of inventoried()) {
    const inventory = inventoryOf(name)!;
    assert.equal(inventory.service, name);
    assert.ok(inventory.operations.length > 30, name);
    for (const { reason } of inventory.leftOut) assert.ok(reason.length > 10, reason);
    for (const { steps } of inventory.operations) assert.ok(steps.every(({ success }) => success.length > 0));
  }
  assert.equal(inventoryOf('keystone')?.service, 'identity');
  assert.equal(inventoryOf('../../package'), undefined);
});
