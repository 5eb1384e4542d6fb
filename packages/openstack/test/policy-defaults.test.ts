/** The defaults in code are those that OpenStack's own services have (policy-facts/): same checks, same scopes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cinderPolicies } from '@kumo/cinder/api';
import { type Policy, PolicySet } from '@kumo/core/policy';
import { glancePolicies } from '@kumo/glance/api';
import { keystonePolicies } from '@kumo/keystone/api';
import { neutronPolicies } from '@kumo/neutron/api';
import { novaPolicies } from '@kumo/nova/api';
import { placementPolicies } from '@kumo/placement/api';
import { type FactService, policyFacts } from './policy-facts.ts';

const OURS: Readonly<Record<FactService, readonly Policy[]>> = {
  identity: keystonePolicies,
  image: glancePolicies,
  placement: placementPolicies,
  compute: novaPolicies,
  network: neutronPolicies,
  'block-storage': cinderPolicies,
};

/** What is different on purpose, rule by rule. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'block-storage volume:attachment_list':
    'Cinder asks no policy and shows what its database finds in the project; here a rule says who may look.',
  'block-storage volume:attachment_show': 'As volume:attachment_list.',
};

const sorted = (scope: readonly string[] = []) => scope.toSorted().join(' ');

for (const [service, policies] of Object.entries(OURS)) {
  test(`${service}: checks and scopes of the defaults`, () => {
    const facts = policyFacts(service as FactService);
    const wrong = policies.flatMap(({ name, check, scope }) => {
      const fact = facts.get(name);
      if (fact && fact.check === check && sorted(fact.scope) === sorted(scope)) return [];
      const theirs = fact ? `${fact.check} [${sorted(fact.scope)}]` : 'no such rule';
      return DIFFERENT[`${service} ${name}`] ? [] : [`${name}: ${check} [${sorted(scope)}], there ${theirs}`];
    });
    assert.deepEqual(wrong, []);
  });

  test(`${service}: every rule that a default refers to is there`, () => {
    const names = new Set(policies.map(({ name }) => name));
    const missing = policies.flatMap(({ name, check }) =>
      [...JSON.stringify(check).matchAll(/rule:([\w:-]+)/g)]
        .filter(([, wanted]) => !names.has(wanted!))
        .map(([, wanted]) => `${name} -> ${wanted}`),
    );
    assert.deepEqual(missing, []);
    assert.ok(new PolicySet(policies).policies.length > 0);
  });
}

test('a difference that is listed is one', () => {
  const stale = Object.keys(DIFFERENT).filter((key) => {
    const [service, name] = key.split(' ') as [FactService, string];
    const ours = OURS[service].find((one) => one.name === name);
    const fact = policyFacts(service).get(name);
    return !ours || (fact?.check === ours.check && sorted(fact.scope) === sorted(ours.scope));
  });
  assert.deepEqual(stale, []);
});
