import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client, inProcess } from '../../src/client/index.ts';
import {
  type AccessRule,
  createApp,
  implement,
  novaEnvelope,
  operation,
  type TokenInfo,
} from '../../src/http/index.ts';
import { silentLogger } from '../../src/log/index.ts';
import { PolicySet } from '../../src/policy/index.ts';

const RULES: AccessRule[] = [
  { service: 'compute', method: 'GET', path: '/v2.1/servers/{server_id}' },
  { service: 'network', method: 'GET', path: '/v2.1/servers' },
];

const of = (accessRules: AccessRule[] | undefined, roles: string[] = ['member']): TokenInfo => ({
  userId: 'u1',
  roles,
  auditIds: [],
  applicationCredential: { id: 'c1', restricted: true, accessRules },
});

const TOKENS: Record<string, TokenInfo> = {
  plain: { userId: 'u1', roles: ['member'], auditIds: [] },
  unlimited: of(undefined),
  limited: of(RULES),
  nothing: of([]),
  service: { userId: 'nova', roles: ['service'], auditIds: [] },
  'limited service': of(RULES, ['service']),
};

const listServers = operation({
  name: 'listServers',
  method: 'GET',
  path: '/v2.1/servers',
  head: true,
  policy: 'authenticated',
});
const showServer = operation({
  name: 'showServer',
  method: 'GET',
  path: '/v2.1/servers/{id}',
  policy: 'authenticated',
});
const discover = operation({ name: 'discover', method: 'GET', path: '/v2.1', policy: 'none' });

function appOf(type?: string) {
  return createApp({
    service: 'nova-api',
    ...(type === undefined ? {} : { type }),
    envelope: novaEnvelope,
    routes: [listServers, showServer, discover].map((one) => implement(one, async () => undefined)),
    tokens: { validate: async (token) => TOKENS[token] },
    policies: new PolicySet([]),
    log: silentLogger,
  });
}

async function statusOf(app: ReturnType<typeof appOf>, url: string, token: string, serviceToken?: string) {
  const headers = { 'x-auth-token': token, ...(serviceToken === undefined ? {} : { 'x-service-token': serviceToken }) };
  return (await app.inject({ method: 'GET', url, headers })).statusCode;
}

test('a token with access rules does what they name and nothing else', async () => {
  const app = appOf('compute');
  assert.equal(await statusOf(app, '/v2.1/servers/1', 'limited'), 204);
  assert.equal(await statusOf(app, '/v2.1/servers/1?x=1', 'limited'), 204);
  assert.equal(await statusOf(app, '/v2.1/%73ervers/1', 'limited'), 204);
  for (const url of ['/v2.1/servers', '/v2.1/servers/', '/v2.1/servers?/v2.1/servers/1', '/v2.1/servers/1/'])
    assert.equal(await statusOf(app, url, 'limited'), 401, url);
  assert.equal(await statusOf(app, '/v2.1/servers', 'nothing'), 401);
  for (const token of ['plain', 'unlimited']) assert.equal(await statusOf(app, '/v2.1/servers', token), 204);
  assert.equal(await statusOf(app, '/v2.1', 'limited'), 204);
  const refused = await app.inject({ url: '/v2.1/servers', headers: { 'x-auth-token': 'limited' } });
  const message = 'The request you have made requires authentication.';
  assert.deepEqual(refused.json(), { error: { code: 401, message, title: 'Unauthorized' } });
  const head = await app.inject({ method: 'HEAD', url: '/v2.1/servers/1', headers: { 'x-auth-token': 'limited' } });
  assert.notEqual(head.statusCode, 204);
});

test('a rule is of one service; a service without a type cannot tell and refuses', async () => {
  const network = appOf('network');
  assert.equal(await statusOf(network, '/v2.1/servers', 'limited'), 204);
  assert.equal(await statusOf(network, '/v2.1/servers/1', 'limited'), 401);
  const nameless = appOf();
  assert.equal(await statusOf(nameless, '/v2.1/servers/1', 'limited'), 401);
  assert.equal(await statusOf(nameless, '/v2.1/servers/1', 'unlimited'), 204);
});

test('a service that comes along is past the rules, whoever else sends a second token is not', async () => {
  const app = appOf('compute');
  assert.equal(await statusOf(app, '/v2.1/servers', 'limited', 'service'), 204);
  assert.equal(await statusOf(app, '/v2.1/servers', 'limited', 'plain'), 401);
  assert.equal(await statusOf(app, '/v2.1/servers', 'limited', 'limited'), 401);
  assert.equal(await statusOf(app, '/v2.1/servers', 'limited', 'limited service'), 401);
  assert.equal(await statusOf(app, '/v2.1/servers', 'limited', 'wrong'), 401);
});

test('a service that goes on with a limited token says that it comes along', async () => {
  const seen: (string | undefined)[] = [];
  const next = createApp({
    service: 'glance-api',
    type: 'image',
    envelope: novaEnvelope,
    routes: [
      implement(listServers, async ({ request }) => void seen.push(request.headers['x-service-token'] as string)),
    ],
    tokens: { validate: async (token) => TOKENS[token] },
    policies: new PolicySet([]),
    log: silentLogger,
  });
  const options = { from: 'nova-api', to: 'glance-api', serviceToken: async () => 'service' };
  const api = client(
    { listServers },
    inProcess(() => next),
    options,
  );
  const ctx = { requestId: 'req-1', applicationCredential: { id: 'c1', restricted: true } };
  const limited = { ...ctx, applicationCredential: { ...ctx.applicationCredential, accessRules: RULES } };
  await api.listServers({ token: 'limited', ctx: limited });
  await api.listServers({ token: 'unlimited', ctx });
  await api.listServers({ token: 'plain', ctx: { requestId: 'req-2' } });
  assert.deepEqual(seen, ['service', undefined, undefined]);
  await assert.rejects(api.listServers({ token: 'limited', ctx }), { kind: 'unauthorized' });
});
