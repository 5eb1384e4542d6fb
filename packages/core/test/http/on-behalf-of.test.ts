/** Calls that a service makes for a user: who may say so, and as whom they are decided. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client, inProcess } from '../../src/client/index.ts';
import { type Context, internalContext } from '../../src/context/index.ts';
import { delegated, ON_BEHALF_OF } from '../../src/context/on-behalf-of.ts';
import { closeApp } from '../../src/http/index.ts';
import { exampleApp, operations } from './example-service.ts';

const user: Context = {
  requestId: 'req-11111111-2222-3333-4444-555555555555',
  userId: 'u1',
  userName: 'Zoë',
  projectId: 'p1',
  projectDomainId: 'default',
  roles: ['member', 'reader'],
  serviceRoles: [],
  auditIds: ['audit-1'],
};
const people = {
  member: { userId: 'u1', projectId: 'p1', roles: ['member', 'reader'], auditIds: ['audit-1'] },
  admin: { userId: 'u3', projectId: 'p1', roles: ['admin'], auditIds: [] },
  service: { userId: 'u4', projectId: 'p4', roles: ['service'], auditIds: [] },
  nova: { userId: 'nova', projectId: 'p4', roles: ['admin', 'service'], auditIds: [] },
  limited: {
    ...{ userId: 'nova', projectId: 'p4', roles: ['admin', 'service'], auditIds: [] },
    applicationCredential: { id: 'c', restricted: true },
  },
};
const app = exampleApp({ tokens: { validate: async (token) => people[token as keyof typeof people] } });
test.after(() => closeApp(app, 500));
const as = (token: keyof typeof people) =>
  client(
    operations,
    inProcess(() => app),
    { from: 'nova-compute', to: 'thing-api', token: async () => token },
  );

test("a call for a user is made with his token, or decided as his where the token is not kept; the service's rights do not help", async () => {
  const nova = as('nova');
  const own = await nova.whoAmI({});
  assert.deepEqual([own.userId, own.admin], ['nova', true]);
  const withToken = await nova.whoAmI({ user: { ...user, token: 'member' } });
  assert.deepEqual([withToken.userId, withToken.admin, withToken.serviceRoles], ['u1', false, []]);
  const later = await nova.whoAmI({ user });
  assert.deepEqual(
    [later.userId, later.userName, later.projectId, later.roles, later.admin, later.serviceRoles],
    ['u1', 'Zoë', 'p1', ['member', 'reader'], false, ['admin', 'service']],
  );
  assert.equal(later.globalRequestId, user.requestId);
  assert.equal((await nova.whoAmI({ user: internalContext(user.requestId) })).userId, 'nova');
  assert.equal((await nova.whoAmI({ user: undefined })).userId, 'nova');
});

test('only a service that is an administrator may act for others; anybody else, and nonsense, is refused, not passed over', async () => {
  for (const who of ['member', 'admin', 'service', 'limited'] as const)
    await assert.rejects(as(who).whoAmI({ user: { ...user, roles: ['admin'] } }), { kind: 'unauthorized' }, who);
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const wrong = [
    '',
    'x',
    encoded(null),
    encoded({ roles: ['member'] }),
    encoded({ userId: 'u1' }),
    encoded({ userId: 'u1', roles: 'admin' }),
    encoded({ userId: 'u1', roles: [], isAdminContext: true }),
    encoded({ userId: 'u1', roles: [], serviceRoles: ['service'] }),
  ];
  for (const value of wrong) {
    const headers = { 'x-auth-token': 'nova', [ON_BEHALF_OF]: value };
    const { statusCode } = await app.inject({ url: '/v2/me', headers });
    assert.equal(statusCode, 401, value);
  }
  const headers = {
    'x-auth-token': 'nova',
    [ON_BEHALF_OF]: delegated({ ...user, token: 'secret', isAdminContext: true }),
  };
  const { statusCode, body } = await app.inject({ url: '/v2/me', headers });
  assert.deepEqual([statusCode, body.includes('secret'), body.includes('isAdminContext')], [200, false, false]);
});
