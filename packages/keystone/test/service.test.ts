/** What other services and clients rely on: core's own token clients, expiry, discovery, other processes' changes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { client, inProcess, ServiceTokenSource, TokenValidator } from '@kumo/core/client';
import { keystoneApi } from '@kumo/keystone/api';
import { ADMIN_PASSWORD, DEMO_PASSWORD, passwordAuth, TestKeystone } from './harness.ts';

const AUTH = '/v3/auth/tokens';

async function withKeystone(options: object, work: (keystone: TestKeystone) => Promise<void>): Promise<void> {
  const keystone = await TestKeystone.start(options);
  try {
    await work(keystone);
  } finally {
    await keystone.stop();
  }
}

test('core’s clients log in, validate and see a revocation', () =>
  withKeystone({}, async (keystone) => {
    const transport = inProcess(() => keystone.daemon.app);
    const login = { transport, from: 'nova-api', username: 'nova', password: 'nova-secret' };
    const serviceToken = new ServiceTokenSource(login);
    const validator = new TokenValidator({ transport, serviceToken, from: 'nova-api', cacheSeconds: 0 });
    const token = await keystone.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
    const info = await validator.validate(token);
    assert.deepEqual([info?.userName, info?.projectName, info?.roles], ['demo', 'demo', ['member', 'reader']]);
    assert.equal(info?.projectDomainId, 'default');
    assert.equal(await validator.validate('gAAAAABnonsense'), undefined);
    const api = client(keystoneApi, transport, { from: 'test', to: 'keystone', token: async () => token });
    await api.revokeToken({ headers: { 'x-subject-token': token } });
    assert.equal(await validator.validate(token), undefined);
    const wrong = new ServiceTokenSource({ ...login, password: 'wrong' });
    await assert.rejects(wrong.token(), { kind: 'unauthorized' });
  }));

test('a token that has run out is still shown to a service that asks for it, for a while', () =>
  withKeystone({ config: { tokens: { expirationSeconds: 2, allowExpiredWindowSeconds: 2 } } }, async (keystone) => {
    const token = await keystone.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
    const headers = { 'x-subject-token': token };
    await sleep(2_100);
    const admin = await keystone.logIn('nova', 'nova-secret', { project: 'service' });
    await keystone.expect(401, 'GET', '/v3/auth/projects', { token });
    await keystone.expect(404, 'GET', AUTH, { token: admin, headers });
    await keystone.expect(200, 'GET', `${AUTH}?allow_expired=1`, { token: admin, headers });
    await keystone.expect(200, 'GET', '/v3/auth/projects', { token, headers: { 'x-service-token': admin } });
    await sleep(2_000);
    const later = await keystone.logIn('nova', 'nova-secret', { project: 'service' });
    await keystone.expect(404, 'GET', `${AUTH}?allow_expired=1`, { token: later, headers });
  }));

test('versions are found without a token', () =>
  withKeystone({}, async (keystone) => {
    const root = await keystone.call('GET', '/', { token: null, headers: { host: 'id.test:5000' } });
    assert.equal(root.status, 300);
    assert.equal(root.headers.location, 'http://id.test:5000/v3/');
    const [version] = root.body.versions.values;
    assert.deepEqual([version.id, version.status], ['v3.14', 'stable']);
    assert.deepEqual(version.links, [{ rel: 'self', href: 'http://id.test:5000/v3/' }]);
    assert.deepEqual(await keystone.expect(200, 'GET', '/v3/', { token: null, headers: { host: 'id.test:5000' } }), {
      version,
    });
    await keystone.expect(404, 'GET', '/v2.0', { token: null });
    await keystone.expect(401, 'GET', '/v3/users', { token: null });
  }));

test('another process’s change is noticed within the configured time, and both read each other’s tokens', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-'));
  const databaseUrl = `sqlite:${join(dir, 'keystone.db')}`;
  const tokens = { keyRepository: join(dir, 'keys') };
  await withKeystone({ databaseUrl, config: { tokens } }, (one) =>
    withKeystone({ databaseUrl, config: { tokens, changeCheckMs: 200 } }, async (other) => {
      const token = await one.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
      await other.expect(200, 'GET', '/v3/auth/projects', { token });
      await one.expect(204, 'DELETE', AUTH, { headers: { 'x-subject-token': token } });
      await sleep(250);
      await other.expect(401, 'GET', '/v3/auth/projects', { token });
    }),
  );
  rmSync(dir, { recursive: true });
});

test('keys are nobody else’s to read, and secrets are not in answers', () =>
  withKeystone({}, async (keystone) => {
    const key = join(keystone.env.stateDir, 'keystone', 'fernet-keys', '1');
    assert.equal(statSync(key).mode & 0o777, 0o600);
    const long = { user: { name: 'x', password: 'p'.repeat(4097) } };
    const answer = await keystone.call('POST', '/v3/users', { body: long });
    assert.equal(answer.status, 400);
    assert.doesNotMatch(JSON.stringify(answer.body), /pppp/);
    const reply = await keystone.call('POST', AUTH, {
      token: null,
      body: {
        auth: { identity: { methods: ['password'], password: { user: { name: 7, password: ADMIN_PASSWORD } } } },
      },
    });
    assert.equal(reply.status, 400);
    assert.doesNotMatch(JSON.stringify(reply.body), new RegExp(ADMIN_PASSWORD));
  }));

test('every operation but those of login, password and discovery asks for a token', () =>
  withKeystone({}, async (keystone) => {
    const { paths } = await keystone.expect(200, 'GET', '/openapi.json', { token: null });
    const isPublic = /^\/(?:$|v3$|openapi|healthcheck|metrics)|\/password$|OS-SIMPLE-CERT|OS-PKI/;
    let asked = 0;
    for (const [path, methods] of Object.entries<object>(paths)) {
      for (const method of Object.keys(methods).filter((one) =>
        ['get', 'post', 'put', 'patch', 'delete'].includes(one),
      )) {
        if (isPublic.test(path) || (path === AUTH && method === 'post')) continue;
        await keystone.expect(401, method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), { token: null });
        asked += 1;
      }
    }
    assert.ok(asked > 90, `${asked} operations`);
  }));

test('nobody locks a service out by guessing at its password', () =>
  withKeystone({ config: { securityCompliance: { lockoutFailureAttempts: 2 } } }, async (keystone) => {
    const logIn = (name: string, password: string) =>
      keystone.call('POST', AUTH, { token: null, body: passwordAuth(name, password) });
    for (const name of ['nova', 'demo'])
      for (let count = 0; count < 3; count++) assert.equal((await logIn(name, 'a guess')).status, 401);
    assert.equal((await logIn('nova', 'nova-secret')).status, 201);
    assert.equal((await logIn('demo', DEMO_PASSWORD)).status, 401, 'a person is locked out');
  }));
