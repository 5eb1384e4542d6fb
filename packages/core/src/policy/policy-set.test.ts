import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { type Context, internalContext } from '../context/index.ts';
import { forbidden } from '../errors/index.ts';
import { PolicyError, PolicySet, policy } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'kumo-policy-'));
after(() => rmSync(dir, { recursive: true }));

function user(overrides: Partial<Context> = {}): Context {
  return {
    requestId: 'req-1',
    userId: 'u1',
    projectId: 'p1',
    roles: ['member'],
    serviceRoles: [],
    auditIds: [],
    ...overrides,
  };
}

const defaults = [
  policy('admin_required', 'role:admin'),
  policy('owner', 'project_id:%(project_id)s'),
  policy('volume:show', 'rule:admin_required or rule:owner'),
  policy('volume:create', 'role:member and rule:owner', { scope: ['project'] }),
  policy('host:list', 'role:reader', { scope: ['system', 'project'] }),
];

test('rules refer to each other; enforce throws forbidden', () => {
  const set = new PolicySet(defaults);
  assert.equal(set.allows('volume:show', user(), { project_id: 'p1' }), true);
  assert.equal(set.allows('volume:show', user(), { project_id: 'p2' }), false);
  assert.equal(set.allows('volume:show', user({ roles: ['admin'] }), { project_id: 'p2' }), true);
  assert.throws(
    () => set.enforce('volume:show', user(), { project_id: 'p2' }),
    (error: unknown) => forbidden.is(error) && error.message === "Policy doesn't allow volume:show to be performed.",
  );
});

test('a null owner belongs to nobody', () => {
  const set = new PolicySet(defaults);
  assert.equal(set.allows('volume:show', user({ projectId: undefined }), { project_id: null }), false);
});

test('unknown rules fall back to default, else deny', () => {
  assert.equal(new PolicySet(defaults).allows('nosuch', user()), false);
  assert.equal(new PolicySet([policy('a', 'rule:nosuch')]).allows('a', user()), false);
  const withDefault = new PolicySet([policy('default', 'role:member'), policy('a', 'rule:nosuch')]);
  assert.equal(withDefault.allows('a', user()), true);
  assert.equal(withDefault.allows('other', user({ roles: [] })), false);
});

test('scopes are enforced, unless switched off or the work is a daemon’s own', () => {
  const system = user({ projectId: undefined, systemScope: 'all', roles: ['member', 'reader'] });
  const create = [policy('volume:create', 'role:member', { scope: ['project'] })];
  assert.equal(new PolicySet(create).allows('volume:create', system), false);
  assert.equal(new PolicySet(create, { enforceScope: false }).allows('volume:create', system), true);
  assert.equal(new PolicySet(defaults).allows('host:list', system), true);
  assert.equal(
    new PolicySet(defaults).allows('host:list', user({ projectId: undefined, domainId: 'd', roles: ['reader'] })),
    false,
  );
  const own = new PolicySet([policy('x', 'role:admin', { scope: ['system'] })]);
  assert.equal(own.allows('x', internalContext('req-2')), true);
});

test('circles, doubles and unreadable rules are refused by name', () => {
  const circle = [policy('a', 'rule:b'), policy('b', 'not rule:c'), policy('c', 'role:x or rule:a')];
  assert.throws(() => new PolicySet(circle), /circle: a → b → c → a/);
  assert.throws(() => new PolicySet([policy('default', 'rule:nosuch')]), /circle: default → default/);
  assert.throws(() => new PolicySet([policy('a', '@'), policy('a', '!')]), /a is declared twice/);
  assert.doesNotThrow(() => new PolicySet([policy('a', '@'), policy('a', '@')]));
  assert.throws(() => new PolicySet([policy('volume:x', 'role:a and')]), /volume:x cannot be read at position 10/);
});

test('the file overrides, is read again when it changes, and a broken one changes nothing', async () => {
  const file = join(dir, 'policy.yaml');
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = pino(sink);
  const set = new PolicySet(defaults, { file, log });
  const rewrite = (text: string, atS: number) => {
    writeFileSync(file, text);
    utimesSync(file, atS, atS);
  };
  assert.equal(set.allows('volume:show', user(), { project_id: 'p2' }), false);
  rewrite('"volume:show": "role:member"\n"custom": [["role:admin"]]\n', 1000);
  assert.equal(set.allows('volume:show', user(), { project_id: 'p2' }), false, 'looked at once a second at most');
  await sleep(1050);
  assert.equal(set.allows('volume:show', user(), { project_id: 'p2' }), true);
  assert.equal(set.allows('custom', user({ roles: ['admin'] })), true);
  for (const [broken, atS] of [
    ['"volume:show": "role:member and"', 2000],
    ['a: {', 3000],
    ['- x', 4000],
    ['x: 5', 5000],
  ] as const) {
    rewrite(broken, atS);
    await sleep(1050);
    lines.length = 0;
    assert.equal(set.allows('volume:show', user(), { project_id: 'p2' }), true, broken);
    assert.match(lines.join(''), /the rules read before stay in force/);
  }
  rmSync(file);
  await sleep(1050);
  assert.equal(set.allows('volume:show', user(), { project_id: 'p2' }), false);
});

test('files of the directory win over the file, in the order of their names; a broken one keeps all that was read', async () => {
  const folder = join(dir, 'policy.d');
  const file = join(dir, 'base.json');
  writeFileSync(file, JSON.stringify({ 'volume:show': 'role:nobody', 'volume:create': [['role:reader']] }));
  const warned: string[] = [];
  const log = pino(
    new Writable({
      write(chunk, _, done) {
        warned.push(String(chunk));
        done();
      },
    }),
  );
  const set = new PolicySet(defaults, { file, dir: folder, log });
  const shows = () => set.allows('volume:show', user(), { project_id: 'p1' });
  const next = async (name: string, text: string | undefined) => {
    if (text === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), text);
    await sleep(1050);
  };
  assert.equal(shows(), false, 'the directory need not exist');
  mkdirSync(folder);
  await next('10-a.yaml', 'volume:show: role:member');
  assert.equal(shows(), true);
  await next('20-b.yml', '"volume:show": "!"\nnosuch: "@"');
  assert.equal(shows(), false);
  assert.match(warned.join(''), /"rule":"nosuch".*names a rule that does not exist/);
  const now = new Map(set.effective().map((one) => [one.name, one]));
  assert.deepEqual(
    ['volume:show', 'volume:create', 'host:list', 'nosuch'].map((name) => [now.get(name)?.file, now.get(name)?.unused]),
    [
      [join(folder, '20-b.yml'), false],
      [file, false],
      [undefined, false],
      [join(folder, '20-b.yml'), true],
    ],
  );
  await next('30-c.json', '{"volume:show": "@"');
  assert.equal(shows(), false, 'the broken one is not taken, nor are the others lost');
  await next('30-c.json', '{"volume:show": "@"}');
  assert.equal(shows(), true);
  await next('40-not-a-policy.txt', 'volume:show: "!"');
  await next('.50-hidden.yaml', 'volume:show: "!"');
  assert.equal(shows(), true);
  await next('30-c.json', undefined);
  assert.equal(shows(), false);
});

test('an explanation decides as the rule does, and says of each part why', () => {
  const set = new PolicySet([
    policy('admin_required', 'role:admin'),
    policy('owner', 'user_id:%(target.user.id)s'),
    policy('show', "rule:admin_required or (rule:owner and not 'locked':%(state)s) or rule:nosuch", {
      scope: ['project'],
    }),
  ]);
  const credentials = { user_id: 'u1', roles: ['member', 'reader'], project_id: 'p1' };
  const mine = { target: { user: { id: 'u1' } }, state: 'open' };
  const why = set.explain('show', credentials, mine);
  assert.equal(why.allowed, true);
  assert.equal(why.check.parts?.[0]?.check, 'any of');
  const [admin, own, nosuch] = why.check.parts?.[0]?.parts ?? [];
  assert.deepEqual([admin?.holds, admin?.parts?.[0]?.because], [false, "the token's roles are member, reader"]);
  assert.equal(own?.parts?.[0]?.parts?.[0]?.because, "the token's user_id is u1; the target's target.user.id is u1");
  assert.equal(own?.parts?.[1]?.parts?.[0]?.because, "the target's state is open");
  assert.equal(nosuch?.because, 'there is no such rule, and none called default');
  const without = set.explain('show', credentials).check.parts?.[0]?.parts?.[1];
  assert.equal(without?.parts?.[0]?.parts?.[0]?.because, 'the target has no target.user.id');
  const system = set.explain('show', { ...credentials, system_scope: 'all' }, mine);
  assert.deepEqual([system.allowed, system.scopeFits, system.check.holds], [false, false, true]);
  for (const roles of [['admin'], []]) {
    for (const target of [{}, mine, { ...mine, state: 'locked' }]) {
      const asked = { ...credentials, roles };
      assert.equal(set.explain('show', asked, target).allowed, set.allowsCredentials('show', asked, target));
    }
  }
});

test('at start a broken file is a wrong setting', () => {
  const file = join(dir, 'broken.yaml');
  writeFileSync(file, 'x: [1');
  assert.throws(() => new PolicySet(defaults, { file }), PolicyError);
});

test('a check costs microseconds', () => {
  const set = new PolicySet(defaults, { file: join(dir, 'absent.yaml') });
  const ctx = user();
  const startedMs = performance.now();
  for (let i = 0; i < 100_000; i++) set.allows('volume:show', ctx, { project_id: 'p1' });
  assert.ok(performance.now() - startedMs < 1_000, 'under 10 µs each even on a busy machine');
});

const corpus = new URL('../../../../../shared/api/policies.json', import.meta.url);

test('every rule OpenStack publishes can be read', { skip: !existsSync(corpus) && 'no ../shared here' }, () => {
  const published = JSON.parse(readFileSync(corpus, 'utf8')) as Record<string, { name: string; check_str: string }[]>;
  let count = 0;
  for (const rules of Object.values(published)) {
    const set = new PolicySet(rules.map((rule) => policy(rule.name, rule.check_str)));
    count += set.policies.length;
  }
  assert.ok(count > 1_300, `${count} rules`);
});

test('representative rules can be read', () => {
  const rules = [
    'role:admin or is_admin:1',
    "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s",
    '(role:reader and system_scope:all) or user_id:%(target.user.id)s',
    '(rule:a) or (role:manager and not domain_id:None)',
    '(rule:a) or (role:manager and domain_id:%(target.project.domain_id)s and not None:%(target.project.domain_id)s)',
    '(rule:a) or (role:manager and token.domain.id:%(target.user.domain_id)s)',
    'rule:a or (role:reader and system_scope:all) or token.project.domain.id:%(target.domain.id)s',
    'rule:a OR project_id:%(target_tenant_id)s OR None:%(target_tenant_id)s',
    "'PRIMARY':%(zone_type)s and rule:a",
    "(role:reader) and ('True':%(zone_shared)s)",
    '(role:admin) or (role:member and rule:network:shared)',
    'not rule:a and field:rbac_policy:target_tenant=*',
    'field:networks:router:external=True',
    'rule:context_is_advsvc or project_id:%(network:project_id)s',
    'field:port:device_owner=~^network:',
    'role:admin and is_admin_project:True',
    'role:reader and (project_id:%(project_id)s or project_id:%(member_id)s or "community":%(visibility)s or "public":%(visibility)s or "shared":%(visibility)s)',
    'rule:volume_extension:volume_type_encryption',
    '((role:admin) or (role:member and project_id:%(project_id)s)) or project_id:%(target_project_id)s or None:%(target_project_id)s',
    'user_id:%(user_id)s',
    '@',
    '!',
    '',
  ];
  assert.equal(new PolicySet(rules.map((rule, i) => policy(`r${i}`, rule))).policies.length, rules.length);
});
