/** Each operation asks the rule that OpenStack publishes for its method and path. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '@kumo/core/http';
import { callOf, POLICY_SERVICES, servicePolicies } from '../src/policy/services.ts';
import { type FactService, policyFacts } from './policy-facts.ts';

const TYPES: Readonly<Record<string, FactService>> = {
  keystone: 'identity',
  glance: 'image',
  placement: 'placement',
  nova: 'compute',
  neutron: 'network',
  cinder: 'block-storage',
};

const FLAVOR = 'the rule named for it decides whether extra specs are shown; Nova shows flavors to everybody';
/** Operations that ask another rule, or none, with the reason. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'nova listFlavorsDetail': FLAVOR,
  'nova showFlavor': FLAVOR,
  'cinder showVolumeImageMetadata': 'documented under two rules that say the same; this is the one of its name',
};

/** Without version, project and the names of placeholders. */
function bare(path: string): string {
  return path
    .replace(/^\/v(2\.1|2\.0|3|2)(?=\/|$)/, '')
    .replace(/^\/\{project_id\}(?=\/)/, '')
    .replace(/[?\s].*$/, '')
    .replace(/\{[^}]*\}/g, '{}')
    .replace(/\/$/, '');
}

/** The published rules by method and path; an action's name is in parentheses behind it. */
function rulesByCall(service: FactService): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, operations = [] } of policyFacts(service).values()) {
    for (const operation of operations) {
      const [method, path] = operation.split(/ (.*)/s) as [string, string];
      const action = /\((.*)\)/.exec(path)?.[1];
      const key = `${method} ${bare(path)}${action ? ` ${action}` : ''}`;
      found.set(key, [...(found.get(key) ?? []), name]);
    }
  }
  return found;
}

function publishedFor({ method, path, action }: Operation, rules: Map<string, string[]>): string[] | undefined {
  const call = `${method} ${bare(path)}`;
  return rules.get(action === undefined ? call : `${call} ${action}`) ?? rules.get(call);
}

for (const name of POLICY_SERVICES) {
  test(`${name}: operations ask the rules that are published for them`, async () => {
    const { operations } = (await servicePolicies(name))!;
    const rules = rulesByCall(TYPES[name]!);
    let published = 0;
    const wrong = operations.flatMap((operation) => {
      const theirs = publishedFor(operation, rules);
      if (!theirs) return [];
      published += 1;
      const ours = typeof operation.policy === 'object' ? operation.policy.name : operation.policy;
      if (theirs.includes(ours) || DIFFERENT[`${name} ${operation.name}`]) return [];
      return [`${operation.name} (${callOf(operation)}): ${ours}, published: ${theirs.join(', ')}`];
    });
    assert.deepEqual(wrong, []);
    assert.ok(published > operations.length / 2, `${published} of ${operations.length} found`);
  });
}
