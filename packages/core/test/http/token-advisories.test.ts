/** What was once wrong with keystonemiddleware, by the advisories' ids, on our own token checking. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Type as T } from 'typebox';
import { inProcess, TokenValidator } from '../../src/client/index.ts';
import { validateToken } from '../../src/client/token-operations.ts';
import { defineError, unavailable } from '../../src/errors/index.ts';
import { createApp, implement, keystoneEnvelope, operation, type TokenChecker } from '../../src/http/index.ts';
import { silentLogger } from '../../src/log/index.ts';
import { PolicySet } from '../../src/policy/index.ts';

const tokenNotFound = defineError('notFound', 'TokenNotFound', 'Failed to validate token.');
const policies = new PolicySet([]);

/** A Keystone for which a token's text says whose it is and when it ends, until it is revoked or breaks down. */
class Identity {
  readonly revoked = new Set<string>();
  isBroken = false;
  questions = 0;
  readonly app = createApp({
    service: 'keystone',
    envelope: keystoneEnvelope,
    routes: [
      implement(validateToken, async ({ headers }) => {
        this.questions += 1;
        const [id = '', role = 'member', expires_at = '2999-01-01T00:00:00Z'] = headers['x-subject-token'].split('|');
        await sleep(Math.random() * 5);
        if (this.isBroken) throw unavailable({ message: 'down' });
        if (this.revoked.has(headers['x-subject-token'])) throw tokenNotFound();
        return { token: { user: { id }, project: { id: `p-${id}` }, roles: [{ id: role, name: role }], expires_at } };
      }),
    ],
    tokens: { validate: async () => ({ userId: 'nova', roles: ['service'], auditIds: [] }) },
    policies,
    log: silentLogger,
  });

  validator(options: { cacheSeconds?: number; maxEntries?: number } = {}): TokenValidator {
    const serviceToken = { token: async () => 'service', invalidate: () => undefined };
    const transport = inProcess(() => this.app);
    return new TokenValidator({ transport, serviceToken, from: 'test', deadlineMs: 300, ...options });
  }
}

const whoAmI = operation({
  name: 'whoAmI',
  method: 'GET',
  path: '/me',
  policy: 'authenticated',
  reply: T.Unknown(),
});

function serviceWith(tokens: TokenChecker) {
  return createApp({
    service: 'example',
    envelope: keystoneEnvelope,
    routes: [
      implement(whoAmI, ({ ctx }) => ({
        user: ctx.userId,
        project: ctx.projectId ?? null,
        roles: ctx.roles,
        service: ctx.serviceRoles,
        isAdmin: ctx.isAdminContext ?? false,
        isAdminProject: ctx.isAdminProject ?? true,
        system: ctx.systemScope ?? null,
      })),
    ],
    tokens,
    policies,
    log: silentLogger,
  });
}

test('OSSA-2014-007: of a thousand requests at once everybody is who they are, with a cold, warm and failing cache', async () => {
  const identity = new Identity();
  for (const options of [{}, { maxEntries: 7 }, { cacheSeconds: 0.01 }]) {
    const app = serviceWith(identity.validator(options));
    const asAll = () =>
      Promise.all(
        Array.from({ length: 1_000 }, async (_, at) => {
          const id = `u${at % 137}`;
          const answer = await app.inject({ method: 'GET', url: '/me', headers: { 'x-auth-token': id } });
          if (answer.statusCode === 503) return 'down';
          assert.equal(answer.statusCode, 200, answer.body);
          assert.deepEqual([answer.json().user, answer.json().project], [id, `p-${id}`]);
          return 'right';
        }),
      );
    for (const state of ['cold', 'warm']) assert.deepEqual(new Set(await asAll()), new Set(['right']), state);
    identity.isBroken = true;
    await asAll();
    identity.isBroken = false;
    assert.deepEqual(new Set(await asAll()), new Set(['right']));
  }
});

test('OSSA-2026-001: headers that claim an identity mean nothing', async () => {
  const app = serviceWith(new Identity().validator());
  const forged = {
    'x-user-id': 'root',
    'x-user-name': 'root',
    'x-project-id': 'other',
    'x-tenant-id': 'other',
    'x-roles': 'admin,service',
    'x-role': 'admin',
    'x-service-roles': 'service',
    'x-is-admin-project': 'True',
    'x-identity-status': 'Confirmed',
    'x-service-identity-status': 'Confirmed',
    'openstack-system-scope': 'all',
    'x-domain-id': 'default',
  };
  const answer = await app.inject({ method: 'GET', url: '/me', headers: { ...forged, 'x-auth-token': 'mallory' } });
  const own = { user: 'mallory', project: 'p-mallory', roles: ['member'], service: [], isAdmin: false };
  assert.deepEqual(answer.json(), { ...own, isAdminProject: true, system: null });
  assert.equal((await app.inject({ method: 'GET', url: '/me', headers: forged })).statusCode, 401);
});

test('OSSA-2013-014: a token is refused after its end though it was found valid, and stays so', async () => {
  const identity = new Identity();
  const validator = identity.validator({ cacheSeconds: 60 });
  const token = `u1|member|${new Date(Date.now() + 300).toISOString()}`;
  assert.equal((await validator.validate(token))?.userId, 'u1');
  await sleep(320);
  assert.equal(await validator.validate(token), undefined, 'Keystone still says yes');
  assert.equal((await validator.validate(token, { allowExpired: true }))?.userId, 'u1');
  identity.revoked.add(token);
  assert.equal(await identity.validator().validate(token, { allowExpired: true }), undefined);
});

test('OSSA-2016-005: another spelling of a token is another question', async () => {
  const identity = new Identity();
  const validator = identity.validator();
  await validator.validate('u1');
  for (const spelling of ['u1=', 'u1==', ' u1', 'U1']) {
    identity.revoked.add(spelling);
    assert.equal(await validator.validate(spelling), undefined, spelling);
  }
  assert.equal(identity.questions, 5);
});

test('OSSA-2013-017: what was found out about tokens lies in no store that others write', async () => {
  const identity = new Identity();
  await identity.validator().validate('u1');
  identity.revoked.add('u1');
  assert.equal(await identity.validator().validate('u1'), undefined, 'each process asks for itself');
});

test('a revocation is noticed when the answer is as old as it may be, counted from the question', async () => {
  const identity = new Identity();
  const validator = identity.validator({ cacheSeconds: 0.1 });
  const askedAt = Date.now();
  await validator.validate('u1');
  identity.revoked.add('u1');
  while (await validator.validate('u1')) await sleep(1);
  assert.ok(Date.now() - askedAt < 400);
});

test('a service token must be a service’s: any other is refused, and lends nothing', async () => {
  const app = serviceWith(new Identity().validator());
  const call = (service: string) =>
    app.inject({ method: 'GET', url: '/me', headers: { 'x-auth-token': 'u1', 'x-service-token': service } });
  assert.equal((await call('u2|member')).statusCode, 401);
  assert.equal((await call('u2|admin')).statusCode, 401);
  const answer = await call('nova|service');
  assert.deepEqual([answer.statusCode, answer.json().user, answer.json().service], [200, 'u1', ['service']]);
});
