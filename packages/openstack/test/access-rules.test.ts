/** Access rules of application credentials at a second service: a real Glance that asks a real Keystone, in one process. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inProcess, ServiceTokenSource, TokenValidator } from '@kumo/core/client';
import type { Daemon } from '@kumo/core/daemon';
import Value from 'typebox/value';
import { type TestEnv, testEnv } from '../../core/src/testing/env.ts';
import { GlanceConfig, glanceApi } from '../../glance/src/service.ts';
import { People } from '../../keystone/test/delegation-people.ts';
import { TestKeystone } from '../../keystone/test/harness.ts';

let keystone: TestKeystone;
let env: TestEnv;
let glance: Daemon;
let serviceToken: ServiceTokenSource;

before(async () => {
  keystone = await TestKeystone.start();
  const transport = inProcess(() => keystone.daemon.app);
  serviceToken = new ServiceTokenSource({
    transport,
    from: 'glance-api',
    username: 'glance',
    password: 'glance-secret',
  });
  const tokens = new TokenValidator({ transport, serviceToken, from: 'glance-api', cacheSeconds: 0 });
  env = testEnv();
  glance = await glanceApi({ ...env, tokens }, Value.Parse(GlanceConfig, Value.Default(GlanceConfig, {})));
  await glance.start();
});
after(async () => {
  await glance.stop();
  await env.cleanUp();
  await keystone.stop();
});

async function ask(method: 'GET' | 'POST' | 'HEAD', url: string, token: string, more: Record<string, string> = {}) {
  const headers = { 'x-auth-token': token, 'content-type': 'application/json', ...more };
  const payload = method === 'POST' ? JSON.stringify({ name: 'one' }) : undefined;
  return await glance.app!.inject({ method, url, headers, payload });
}

test('Glance holds an application credential to its rules, and a service past them', async () => {
  const people = new People(() => keystone, 'rules');
  const [owner, project] = [await people.person(), await people.project()];
  await people.give(owner, project.id, await people.roleId('member'));
  const plain = await people.logIn(owner, project.id);
  const created = await ask('POST', '/v2/images', plain);
  assert.equal(created.statusCode, 201);
  const { id } = created.json();
  const application_credential = {
    name: 'reader',
    access_rules: [
      { service: 'image', method: 'GET', path: '/v2/images/{image_id}' },
      { service: 'compute', method: 'GET', path: '/**' },
    ],
  };
  const path = `/v3/users/${owner.id}/application_credentials`;
  const made = (await keystone.expect(201, 'POST', path, { token: plain, body: { application_credential } }))
    .application_credential;
  const token = await people.tokenOf(people.withCredential({ id: made.id, secret: made.secret }));
  assert.equal((await ask('GET', `/v2/images/${id}`, token)).statusCode, 200);
  for (const [method, url] of [
    ['GET', '/v2/images'],
    ['GET', `/v2/images/${id}/members`],
    ['GET', `/v2/images/${id}/file`],
    ['GET', `/v2/images/${id}%2Ffile`],
    ['POST', '/v2/images'],
  ] as const) {
    const refused = await ask(method, url, token);
    assert.equal(refused.statusCode, 401, `${method} ${url}`);
    assert.equal(refused.headers['www-authenticate'], 'Keystone uri="http://keystone.test"');
  }
  const own = await serviceToken.token();
  assert.equal((await ask('GET', '/v2/images', token, { 'x-service-token': own })).statusCode, 200);
  assert.equal((await ask('GET', '/v2/images', token, { 'x-service-token': plain })).statusCode, 401);
  assert.equal((await ask('GET', '/v2/images', token, { 'x-service-token': token })).statusCode, 401);
  // Without rules the same roles do all that they may; what Keystone takes back ends at Glance as well.
  const free = (
    await keystone.expect(201, 'POST', path, { token: plain, body: { application_credential: { name: 'free' } } })
  ).application_credential;
  const unlimited = await people.tokenOf(people.withCredential({ id: free.id, secret: free.secret }));
  assert.equal((await ask('GET', '/v2/images', unlimited)).statusCode, 200);
  for (const one of [made, free]) await keystone.expect(204, 'DELETE', `${path}/${one.id}`, { token: plain });
  for (const one of [token, unlimited]) assert.equal((await ask('GET', `/v2/images/${id}`, one)).statusCode, 401);
});

test('Glance sees a trust’s token as its trustor’s, in its project, until the trust ends', async () => {
  const people = new People(() => keystone, 'trust');
  const [trustor, trustee, project] = [await people.person(), await people.person(), await people.project()];
  await people.give(trustor, project.id, await people.roleId('member'));
  const own = await people.logIn(trustor, project.id);
  const trust = {
    trustor_user_id: trustor.id,
    trustee_user_id: trustee.id,
    project_id: project.id,
    impersonation: true,
    roles: [{ name: 'reader' }],
  };
  const { id } = (await keystone.expect(201, 'POST', '/v3/OS-TRUST/trusts', { token: own, body: { trust } })).trust;
  const lent = await people.tokenOf(people.throughTrust(trustee, id));
  assert.equal((await ask('POST', '/v2/images', own)).statusCode, 201);
  assert.equal((await ask('GET', '/v2/images', lent)).json().images.length, 1);
  assert.equal((await ask('POST', '/v2/images', lent)).statusCode, 403);
  await keystone.expect(204, 'DELETE', `/v3/OS-TRUST/trusts/${id}`, { token: own });
  assert.equal((await ask('GET', '/v2/images', lent)).statusCode, 401);
});
