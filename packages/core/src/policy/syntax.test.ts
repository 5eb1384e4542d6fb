import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileCheck } from './compile.ts';
import { type CheckSource, CheckSyntaxError, parseCheck } from './syntax.ts';

const alice = {
  user_id: 'alice',
  project_id: 'p1',
  domain_id: null,
  system_scope: null,
  is_admin: true,
  roles: ['Member', 'reader'],
  groups: ['g1', 'g2'],
  token: { domain: { id: 'd1' }, methods: [{ name: 'password' }, { name: 'totp' }] },
};

function holds(
  source: CheckSource,
  target: Record<string, unknown> = {},
  credentials: Record<string, unknown> = alice,
) {
  return compileCheck(parseCheck(source), () => () => false)(target, credentials);
}

const T = '@';
const F = '!';

test('not binds tighter than and, and tighter than or, as in oslo.policy', () => {
  for (const a of [T, F]) {
    for (const b of [T, F]) {
      for (const c of [T, F]) {
        const [x, y, z] = [a === T, b === T, c === T] as const;
        assert.equal(holds(`${a} or ${b} and ${c}`), x || (y && z));
        assert.equal(holds(`${a} and ${b} or ${c}`), (x && y) || z);
        assert.equal(holds(`not ${a} and ${b} or not not ${c}`), (!x && y) || z);
        assert.equal(holds(`not (${a} or ${b}) AND ${c}`), !(x || y) && z);
        assert.equal(holds(`(${a} or ${b}) and (${c})`), (x || y) && z);
        assert.equal(holds(`${a} or ${b} or ${c} and ${a} and not ${b}`), x || y || (z && x && !y));
      }
    }
  }
});

test('empty rules hold, lists are or of and', () => {
  assert.equal(holds(''), true);
  assert.equal(holds([]), true);
  assert.equal(holds([[]]), false);
  assert.equal(holds([['role:member', 'user_id:bob'], 'role:reader']), true);
  assert.equal(holds([['role:member', 'user_id:bob'], ['role:admin']]), false);
});

test('roles compare without case, also from the target', () => {
  assert.equal(holds('role:MEMBER'), true);
  assert.equal(holds('role:admin'), false);
  assert.equal(holds('role:%(needed)s', { needed: 'Reader' }), true);
  assert.equal(holds('role:%(needed)s'), false);
  assert.equal(holds('role:member', {}, {}), false);
});

test('credentials compare with flat and nested targets', () => {
  assert.equal(holds('user_id:%(target.user.id)s', { 'target.user.id': 'alice' }), true);
  assert.equal(holds('user_id:%(target.user.id)s', { target: { user: { id: 'alice' } } }), true);
  assert.equal(holds('user_id:%(target.user.id)s', { target: { user: {} } }), false);
  assert.equal(holds('project_id:%(network:project_id)s', { 'network:project_id': 'p1' }), true);
  assert.equal(holds('token.domain.id:%(id)s', { id: 'd1' }), true);
  assert.equal(holds('project_id:x%(n)s%%-%(m)s', { n: 1, m: 'y' }, { project_id: 'x1%-y' }), true);
  assert.equal(holds('is_admin:True'), true);
  assert.equal(holds('is_admin:1'), false);
});

test('a list among the credentials matches by any element', () => {
  assert.equal(holds('groups:g2'), true);
  assert.equal(holds('groups:g3'), false);
  assert.equal(holds('token.methods.name:totp'), true);
  assert.equal(holds('token.methods.name:saml2'), false);
});

test('literals on the left', () => {
  assert.equal(holds("'public':%(visibility)s", { visibility: 'public' }), true);
  assert.equal(holds('"public":%(visibility)s', { visibility: 'private' }), false);
  assert.equal(holds('None:%(owner)s', { owner: null }), true);
  assert.equal(holds('None:%(owner)s', {}), false);
  assert.equal(holds('True:%(enabled)s', { enabled: true }), true);
  assert.equal(holds('False:%(enabled)s', { enabled: true }), false);
  assert.equal(holds('10:%(n)s', { n: 10 }), true);
});

test('null: written out it matches, between caller and target it never does', () => {
  assert.equal(holds('domain_id:None'), true);
  assert.equal(holds('not domain_id:None'), false);
  assert.equal(holds('domain_id:%(domain_id)s', { domain_id: null }), false);
  assert.equal(holds('domain_id:%(domain_id)s', { domain_id: 'None' }), false);
});

test('lists and inherited properties of a target have no text', () => {
  assert.equal(holds('user_id:%(owner)s', { owner: ['alice'] }), false);
  assert.equal(holds('user_id:%(constructor.name)s', {}, { user_id: 'Object' }), false);
  assert.equal(holds('constructor.name:Object'), false);
});

test("Neutron's field checks read the target", () => {
  assert.equal(holds('field:networks:shared=True', { shared: true }), true);
  assert.equal(holds('field:networks:router:external=True', { 'router:external': false }), false);
  assert.equal(holds('field:port:device_owner=~^network:', { device_owner: 'network:dhcp' }), true);
  assert.equal(holds('field:port:device_owner=~^network:', { device_owner: 'compute:nova' }), false);
  assert.equal(holds('field:port:device_owner=~^network:'), false);
});

test('wrong rules are refused with the position', () => {
  const wrong: [string, number][] = [
    ['role:a and', 10],
    ['role:a and or role:b', 11],
    ['(role:a or role:b', 0],
    ['role:a role:b', 7],
    ['role:a)', 6],
    ['admin', 0],
    ['role:a or admin', 10],
    [' ', 1],
    ['()', 1],
    ["'quoted'", 0],
    ['http://example.org/check', 0],
    ['user_id:%(x', 8],
    ['user_id:%(x)d', 8],
    [':x', 0],
    ['field:networks', 6],
    ['field:p:a=~(', 6],
    ['not', 3],
  ];
  for (const [rule, position] of wrong) {
    assert.throws(
      () => parseCheck(rule),
      (error: unknown) => error instanceof CheckSyntaxError && error.position === position,
      `${rule} at ${position}`,
    );
  }
});
