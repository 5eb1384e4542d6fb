import assert from 'node:assert/strict';
import { test } from 'node:test';
import { People } from './delegation-people.ts';
import { ADMIN_PASSWORD, passwordAuth, type TestKeystone } from './harness.ts';

const AUTH = '/v3/auth/tokens';

/** Access rules: as resources, in application credentials, and what Keystone itself makes of them, on one database. */
export function accessRuleSuite(engine: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);

  async function setUp(prefix: string) {
    const people = new People(cloud, `${prefix}-${engine}`);
    const [owner, project] = [await people.person(), await people.project()];
    await people.give(owner, project.id, await people.roleId('member'));
    const token = await people.logIn(owner, project.id);
    const [credentials, rules] = ['application_credentials', 'access_rules'].map(
      (one) => `/v3/users/${owner.id}/${one}`,
    );
    let count = 0;
    const create = async (status: number, access_rules: unknown) => {
      const application_credential = { name: `app ${++count}`, access_rules };
      const body = await expect(status, 'POST', credentials as string, { token, body: { application_credential } });
      return body.application_credential ?? body;
    };
    return { people, owner, project, token, create, credentials: credentials as string, rules: rules as string };
  }
  const IPS = { service: 'compute', method: 'GET', path: '/v2.1/servers/*/ips' };

  test(`${engine}: a rule is its owner's, is used again, and goes when nothing has it`, async () => {
    const { create, rules, token, credentials } = await setUp('own');
    const made = await create(201, [IPS, IPS]);
    assert.equal(made.access_rules.length, 1);
    const [{ id, ...rule }] = made.access_rules;
    assert.deepEqual(rule, IPS);
    const second = await create(201, [{ id }, { service: 'image', method: 'GET', path: '/v2/images' }]);
    assert.ok(second.access_rules.some((one: { id: string }) => one.id === id));
    const wire = { id, ...IPS, links: { self: `http://localhost:80${rules}/${id}` } };
    assert.deepEqual((await expect(200, 'GET', `${rules}/${id}`, { token })).access_rule, wire);
    assert.equal((await cloud().call('HEAD', `${rules}/${id}`, { token })).status, 200);
    const listed = async (query = '') => (await expect(200, 'GET', rules + query, { token })).access_rules;
    assert.equal((await listed()).length, 2);
    assert.deepEqual(await listed('?service=compute'), [wire]);
    assert.deepEqual(await listed('?method=GET&path=/v2.1/servers/*/ips'), [wire]);
    assert.deepEqual(await listed('?method=PUT'), []);
    const used = await expect(403, 'DELETE', `${rules}/${id}`, { token });
    assert.match(used.error.message, /May not delete access rule in use/);
    for (const one of [made, second]) await expect(204, 'DELETE', `${credentials}/${one.id}`, { token });
    await expect(204, 'DELETE', `${rules}/${id}`, { token });
    await expect(404, 'DELETE', `${rules}/${id}`, { token });
    await expect(404, 'GET', `${rules}/${id}`, { token });
  });

  test(`${engine}: rules that are none`, async () => {
    const { create, rules, token } = await setUp('wrong');
    for (const wrong of [
      { ...IPS, method: 'OPTIONS' },
      { ...IPS, path: 'v2.1' },
      { ...IPS, path: `/${'x'.repeat(225)}` },
      { ...IPS, service: '' },
      { service: 'compute', method: 'GET' },
      { id: 'nothing' },
      {},
      'GET /',
    ])
      await create(400, [wrong]);
    await create(400, 'all');
    assert.deepEqual((await expect(200, 'GET', rules, { token })).access_rules, []);
  });

  test(`${engine}: nobody sees, uses or deletes another user's rules`, async () => {
    const [mine, theirs] = [await setUp('mine'), await setUp('theirs')];
    const { id } = (await theirs.create(201, [IPS])).access_rules[0];
    await mine.create(400, [{ id }]);
    for (const method of ['GET', 'DELETE']) {
      await expect(404, method, `${mine.rules}/${id}`, { token: mine.token });
      await expect(403, method, `${theirs.rules}/${id}`, { token: mine.token });
      await expect(403, method, `${theirs.rules}/nothing`, { token: mine.token });
    }
    await expect(403, 'GET', theirs.rules, { token: mine.token });
    await expect(403, 'GET', theirs.rules);
    const system = await mine.people.tokenOf(passwordAuth('admin', ADMIN_PASSWORD, { system: { all: true } }));
    assert.equal((await expect(200, 'GET', theirs.rules, { token: system })).access_rules.length, 1);
    await expect(200, 'GET', `${theirs.rules}/${id}`, { token: system });
    await expect(403, 'DELETE', `${theirs.rules}/${id}`, { token: system });
    await expect(404, 'GET', `/v3/users/nobody/access_rules/${id}`, { token: system });
  });

  test(`${engine}: a token with rules is shown to those who enforce them only`, async () => {
    const { people, create } = await setUp('header');
    const { id, secret, access_rules } = await create(201, [IPS]);
    const answer = await people.authenticate(people.withCredential({ id, secret }));
    assert.deepEqual(answer.body.token.application_credential.access_rules, access_rules);
    const subject = { 'x-subject-token': answer.headers['x-subject-token'] as string };
    await expect(404, 'GET', AUTH, { headers: subject });
    await expect(404, 'GET', `${AUTH}?nocatalog`, { headers: subject });
    for (const version of ['0.9', 'none', ''])
      await expect(404, 'GET', AUTH, { headers: { ...subject, 'openstack-identity-access-rules': version } });
    for (const version of ['1', '1.0', '1.1']) {
      const headers = { ...subject, 'openstack-identity-access-rules': version };
      const { token } = await expect(200, 'GET', AUTH, { headers });
      assert.deepEqual(token.application_credential.access_rules, access_rules);
      assert.equal((await cloud().call('HEAD', AUTH, { headers })).status, 200);
    }
  });

  test(`${engine}: Keystone enforces the rules of its own requests`, async () => {
    const { people, owner, create } = await setUp('self');
    const rule = { service: 'identity', method: 'GET', path: `/v3/users/{user_id}` };
    const { id, secret } = await create(201, [rule, IPS]);
    const token = await people.tokenOf(people.withCredential({ id, secret }));
    await expect(200, 'GET', `/v3/users/${owner.id}`, { token });
    for (const [method, url] of [
      ['GET', '/v3/auth/projects'],
      ['GET', `/v3/users/${owner.id}/projects`],
      ['GET', `/v3/users/${owner.id}/application_credentials/${id}`],
      ['DELETE', AUTH],
    ] as const)
      await expect(401, method, url, { token, headers: { 'x-subject-token': token } });
    // Whose token it is may always be asked.
    const headers = { 'x-subject-token': token, 'openstack-identity-access-rules': '1' };
    await expect(200, 'GET', AUTH, { token, headers });
    const again = await people.tokenOf(people.withToken(token));
    await expect(401, 'GET', '/v3/auth/projects', { token: again });
  });

  test(`${engine}: rules go with their owner`, async () => {
    const { owner, create, rules, people } = await setUp('gone');
    await create(201, [IPS]);
    await expect(204, 'DELETE', `/v3/users/${owner.id}`);
    const system = await people.tokenOf(passwordAuth('admin', ADMIN_PASSWORD, { system: { all: true } }));
    assert.deepEqual((await expect(200, 'GET', rules, { token: system })).access_rules, []);
  });
}
