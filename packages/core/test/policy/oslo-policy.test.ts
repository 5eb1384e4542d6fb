/** The same rules, targets and credentials, asked of our engine and of OpenStack's own oslo.policy (Debian's python3-oslo.policy). */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/exec/index.ts';
import { type CheckSource, PolicySet, policy } from '../../src/policy/index.ts';

const PYTHON = '/usr/bin/python3';
const skip = existsSync('/usr/lib/python3/dist-packages/oslo_policy') ? false : 'python3-oslo.policy is not installed';
const FACTS = fileURLToPath(new URL('../../../openstack/test/policy-facts/', import.meta.url));

type Thing = Readonly<Record<string, unknown>>;
type Case = readonly [rule: string, target: Thing, credentials: Thing];

/** What oslo.policy and our engine say, where they say different things. */
async function disagreements(rules: Readonly<Record<string, CheckSource>>, cases: readonly Case[]): Promise<string[]> {
  const script = fileURLToPath(new URL('evaluate.py', import.meta.url));
  const { stdout } = await run(PYTHON, [script], { input: JSON.stringify({ rules, cases }), timeoutMs: 120_000 });
  const theirs = JSON.parse(stdout) as boolean[];
  assert.equal(theirs.length, cases.length);
  const set = new PolicySet(Object.entries(rules).map(([name, check]) => policy(name, check)));
  return cases.flatMap(([rule, target, credentials], i) => {
    const ours = set.allowsCredentials(rule, credentials, target);
    if (ours === theirs[i]) return [];
    return [
      `${rule} = ${JSON.stringify(rules[rule])} for ${JSON.stringify({ target, credentials })}: ${ours}, there ${theirs[i]}`,
    ];
  });
}

/** Repeatable numbers: mulberry32. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const CREDENTIALS: readonly Thing[] = [
  { user_id: 'u1', project_id: 'p1', roles: ['Member', 'reader'], is_admin: false, token: { domain: { id: 'd1' } } },
  { user_id: 'u2', project_id: 'p2', roles: ['admin'], is_admin: true, system_scope: 'all', groups: ['g1', 'g2'] },
  {
    user_id: 'u3',
    domain_id: 'd1',
    roles: ['manager', 'service'],
    token: { methods: [{ name: 'totp' }, { name: 'x' }] },
  },
  { user_id: 'u4', roles: [] },
  {},
];
const TARGETS: readonly Thing[] = [
  {
    user_id: 'u1',
    project_id: 'p1',
    'target.user.id': 'u3',
    'target.role.name': 'member',
    visibility: 'public',
    n: 10,
  },
  { project_id: 'p2', 'target.user.domain_id': 'd1', enabled: true, role: 'Manager', 'network:project_id': 'p1' },
  {},
];
const ATOMS = [
  ...['@', '!', 'role:member', 'role:ADMIN', 'role:%(role)s', 'role:%(target.role.name)s', 'rule:owner', 'rule:nosuch'],
  ...['user_id:%(user_id)s', 'project_id:%(project_id)s', 'project_id:%(network:project_id)s', 'token.domain.id:d1'],
  ...[
    'token.methods.name:totp',
    'groups:g2',
    "'public':%(visibility)s",
    '"member":%(target.role.name)s',
    'True:%(enabled)s',
  ],
  ...[
    '10:%(n)s',
    'is_admin:True',
    'is_admin:1',
    'system_scope:all',
    'domain_id:%(target.user.domain_id)s',
    'user_id:u4',
  ],
  ...['user_id:%(target.user.id)s', 'nothing.at.all:x', 'project_id:x%%%(n)s', 'None:%(project_id)s'],
];

function expression(below: (n: number) => number, depth: number): string {
  const kind = depth === 0 ? 0 : below(6);
  const inner = () => expression(below, depth - 1);
  if (kind <= 1) return ATOMS[below(ATOMS.length)]!;
  if (kind === 2) return `not ${below(2) ? `(${inner()})` : ATOMS[below(ATOMS.length)]}`;
  if (kind === 3) return `(${inner()})`;
  const word = [' and ', ' or ', ' AND ', ' Or '][below(4)]!;
  return Array.from({ length: 2 + below(3) }, inner).join(word);
}

test('expressions of every kind mean what they mean to oslo.policy', { skip }, async () => {
  const below = numbers(4711);
  const rules: Record<string, CheckSource> = {
    owner: 'user_id:%(user_id)s or project_id:%(project_id)s',
    default: 'role:service',
    empty: '',
    none: [],
  };
  for (let i = 0; i < 600; i++) rules[`r${i}`] = expression(below, 4);
  for (let i = 0; i < 100; i++)
    rules[`list${i}`] = Array.from({ length: 1 + below(3) }, () =>
      below(3) === 0
        ? ATOMS[below(ATOMS.length)]!
        : Array.from({ length: below(4) }, () => ATOMS[below(ATOMS.length)]!),
    );
  const cases = [...Object.keys(rules), 'unknown'].flatMap((rule) =>
    TARGETS.flatMap((target) => CREDENTIALS.map((credentials): Case => [rule, target, credentials])),
  );
  assert.ok(cases.length > 10_000);
  assert.deepEqual(await disagreements(rules, cases), []);
});

test('so do all of the published defaults', { skip }, async (t) => {
  for (const file of globSync('*.jsonl', { cwd: FACTS })) {
    // Field checks are Neutron's own: oslo.policy alone does not know them.
    const text = readFileSync(`${FACTS}${file}`, 'utf8').trimEnd().split('\n');
    const facts = text.map((line) => JSON.parse(line) as { name: string; check: string });
    const rules = Object.fromEntries(
      facts.map(({ name, check }) => [name, check.replaceAll(/field:\S+?(?=\)|\s|$)/g, '!')]),
    );
    const cases = Object.keys(rules).flatMap((rule) =>
      TARGETS.flatMap((target) => CREDENTIALS.map((credentials): Case => [rule, target, credentials])),
    );
    assert.deepEqual(await disagreements(rules, cases), [], file);
    t.diagnostic(`${file}: ${cases.length} cases`);
  }
});

test('where both sides are null they differ, on purpose', { skip }, async () => {
  const rules = { own: 'project_id:%(project_id)s', written: 'domain_id:None', literal: 'None:%(project_id)s' };
  const nobodys: Thing = { project_id: null };
  const cases = Object.keys(rules).map((rule): Case => [rule, nobodys, { project_id: null, domain_id: null }]);
  const found = await disagreements(rules, cases);
  assert.equal(found.length, 1);
  assert.match(found[0]!, /^own .*: false, there true$/);
});
