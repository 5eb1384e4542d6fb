import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keystone as startKeystone } from '../src/daemons/keystone.ts';
import { ADMIN_PASSWORD, bootstrapFor, DEMO_PASSWORD, passwordAuth, type TestKeystone, testConfig } from './harness.ts';

const AUTH = '/v3/auth/tokens';

/** Logins, scopes, validation and revocation, on one database. */
export function tokenSuite(name: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  const subject = (token: string) => ({ headers: { 'x-subject-token': token } });
  const check = (token: string) => expect(200, 'GET', AUTH, subject(token));

  test(`${name}: a token for each scope says what it is for`, async () => {
    const keystone = cloud();
    const unscoped = (await check(await keystone.logIn('admin', ADMIN_PASSWORD))).token;
    assert.deepEqual(['project' in unscoped, 'roles' in unscoped, 'catalog' in unscoped], [false, false, false]);
    assert.match(unscoped.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z$/);
    const domain = (await check(await keystone.logIn('admin', ADMIN_PASSWORD, { domain: { name: 'Default' } }))).token;
    assert.deepEqual(domain.domain, { id: 'default', name: 'Default' });
    const system = (await check(await keystone.logIn('admin', ADMIN_PASSWORD, { system: { all: true } }))).token;
    assert.deepEqual(system.system, { all: true });
    const volumes = (token: { catalog: { type: string; endpoints: unknown[] }[] }) =>
      token.catalog.find((one) => one.type === 'volumev3')?.endpoints.length;
    assert.equal(volumes(system), 0);
    const project = (await check(keystone.admin)).token;
    assert.equal(volumes(project), 3);
    assert.deepEqual(
      project.roles.map((one: { name: string }) => one.name),
      ['admin', 'manager', 'member', 'reader'],
    );
    const short = await expect(200, 'GET', `${AUTH}?nocatalog`, subject(keystone.admin));
    assert.equal('catalog' in short.token, false);
  });

  test(`${name}: every failed login is the same 401`, async () => {
    const wrong = [
      passwordAuth('admin', 'wrong', { project: 'admin' }),
      passwordAuth('nobody', ADMIN_PASSWORD),
      passwordAuth('demo', DEMO_PASSWORD, { project: 'admin' }),
      passwordAuth('demo', DEMO_PASSWORD, { project: 'no-such-project' }),
      passwordAuth('demo', DEMO_PASSWORD, { system: { all: true } }),
    ];
    const answers = await Promise.all(wrong.map((body) => cloud().call('POST', AUTH, { token: null, body })));
    for (const { status, body } of answers) {
      assert.equal(status, 401);
      assert.deepEqual(body, {
        error: { code: 401, message: 'The request you have made requires authentication.', title: 'Unauthorized' },
      });
    }
    // As Keystone says it of a token that it does not know.
    const unknown = { auth: { identity: { methods: ['token'], token: { id: 'gAAAAABnonsense' } } } };
    await expect(404, 'POST', AUTH, { token: null, body: unknown });
    for (const body of [
      { auth: { identity: { methods: ['password'] } } },
      passwordAuth('admin', ADMIN_PASSWORD, { project: { id: 'x' }, domain: { id: 'y' } }),
      passwordAuth('admin', 'x'.repeat(4097)),
      { auth: {} },
    ])
      await expect(400, 'POST', AUTH, { token: null, body });
  });

  test(`${name}: a token buys another one, of the same end and chain`, async () => {
    const keystone = cloud();
    const first = await keystone.logIn('demo', DEMO_PASSWORD);
    const before = (await check(first)).token;
    const body = {
      auth: {
        identity: { methods: ['token'], token: { id: first } },
        scope: { project: { name: 'demo', domain: { id: 'default' } } },
      },
    };
    const second = await keystone.call('POST', AUTH, { token: null, body });
    assert.equal(second.status, 201);
    const after = second.body.token;
    assert.deepEqual([after.expires_at, after.methods], [before.expires_at, ['token', 'password']]);
    assert.equal(after.audit_ids[1], before.audit_ids[0]);
    assert.notEqual(after.audit_ids[0], before.audit_ids[0]);
  });

  test(`${name}: a revoked token is refused everywhere`, async () => {
    const keystone = cloud();
    const token = await keystone.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
    const other = await keystone.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
    await expect(403, 'GET', AUTH, { token, ...subject(keystone.admin) });
    await expect(403, 'DELETE', AUTH, { token, ...subject(keystone.admin) });
    assert.equal((await keystone.call('HEAD', AUTH, { token, ...subject(token) })).status, 200);
    await expect(204, 'DELETE', AUTH, { token, ...subject(token) });
    await expect(404, 'GET', AUTH, subject(token));
    await expect(401, 'GET', '/v3/auth/projects', { token });
    await expect(404, 'DELETE', AUTH, subject(token));
    await check(other);
  });

  test(`${name}: who may not ask is not told whether a user or project exists; a token that is none is 404`, async () => {
    const keystone = cloud();
    const token = await keystone.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
    await expect(404, 'GET', AUTH, { token, ...subject('gAAAAABnonsense') });
    await expect(403, 'GET', '/v3/users/unknown', { token });
    await expect(403, 'GET', '/v3/projects/unknown', { token });
    await expect(403, 'GET', '/v3/users', { token });
    await expect(404, 'GET', '/v3/users/unknown');
  });

  test(`${name}: disabling a project or a domain ends its tokens`, async () => {
    const keystone = cloud();
    const { domain } = await expect(201, 'POST', '/v3/domains', { body: { domain: { name: 'shut' } } });
    const { user } = await expect(201, 'POST', '/v3/users', {
      body: { user: { name: 'zed', domain_id: domain.id, password: 'pw' } },
    });
    const auth = { identity: { methods: ['password'], password: { user: { id: user.id, password: 'pw' } } } };
    const answer = await keystone.call('POST', AUTH, { token: null, body: { auth } });
    const token = answer.headers['x-subject-token'] as string;
    await check(token);
    await expect(200, 'PATCH', `/v3/domains/${domain.id}`, { body: { domain: { enabled: false } } });
    await expect(404, 'GET', AUTH, subject(token));
    await expect(401, 'POST', AUTH, { token: null, body: { auth } });
    await expect(204, 'DELETE', `/v3/domains/${domain.id}`);
  });

  test(`${name}: bootstrapping again changes nothing, a new configured password is set`, async () => {
    const keystone = cloud();
    if (keystone.env.databaseUrl('keystone') === 'sqlite::memory:') return;
    const before = await expect(200, 'GET', '/v3/endpoints');
    const own = { user: { original_password: DEMO_PASSWORD, password: 'my own' } };
    const demo = (await expect(200, 'GET', '/v3/users?name=demo')).users[0];
    await expect(204, 'POST', `/v3/users/${demo.id}/password`, { token: null, body: own });
    const again = async (adminPassword: string) => {
      const bootstrap = { ...bootstrapFor(), adminPassword };
      const config = testConfig({ changeCheckMs: 0 });
      await (await startKeystone(keystone.env, config, { bootstrap })).stop();
    };
    await again(ADMIN_PASSWORD);
    await keystone.logIn('demo', 'my own');
    assert.deepEqual(await expect(200, 'GET', '/v3/endpoints'), before);
    await again('another');
    await expect(401, 'POST', AUTH, { token: null, body: passwordAuth('admin', ADMIN_PASSWORD) });
    keystone.admin = await keystone.logIn('admin', 'another', { project: 'admin' });
    await again(ADMIN_PASSWORD);
    keystone.admin = await keystone.logIn('admin', ADMIN_PASSWORD, { project: 'admin' });
  });
}
