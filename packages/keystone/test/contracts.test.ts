/** What the daemon serves and what api/index.ts lists are the same: commands and tests of policies read the list. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { operationsOf, policiesOf } from '@kumo/core/http';
import { keystonePolicies } from '@kumo/keystone/api';
import { TestKeystone } from './harness.ts';

let keystone: TestKeystone;
before(async () => {
  keystone = await TestKeystone.start();
});
after(() => keystone.stop());

test('keystonePolicies holds the policy of every operation that is served, with its check', () => {
  const listed = new Map(keystonePolicies.map((one) => [one.name, one]));
  const served = policiesOf(operationsOf(keystone.daemon.app!));
  assert.ok(served.length > 50);
  const missing = served.filter(({ name, check }) => listed.get(name)?.check !== check).map(({ name }) => name);
  assert.deepEqual(missing, [], 'add the contract to keystoneApi in src/api/index.ts');
});
