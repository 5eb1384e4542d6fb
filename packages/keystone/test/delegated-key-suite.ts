import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { People, type Person } from './delegation-people.ts';
import type { TestKeystone } from './harness.ts';

const TRUSTS = '/v3/OS-TRUST/trusts';

/** EC2 keys and other credentials in the hands of those to whom something was lent, on one database. */
export function delegatedKeySuite(engine: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);

  /**
   * A trustor with two roles, of which one is lent, by a trust and by application credentials.
   * @param roleName what is lent instead of a role that policies do not know.
   */
  async function setUp(prefix: string, roleName?: string) {
    const people = new People(cloud, `${prefix}-${engine}`);
    const [trustor, trustee, project, lent] = [
      await people.person(),
      await people.person(),
      await people.project(),
      roleName === undefined ? await people.role() : { id: await people.roleId(roleName), name: roleName },
    ];
    await people.give(trustor, project.id, lent.id);
    if (roleName === undefined) await people.give(trustor, project.id, await people.roleId('member'));
    const token = await people.logIn(trustor, project.id);
    const trustOf = async (impersonation: boolean) => {
      const values = { trustor_user_id: trustor.id, trustee_user_id: trustee.id, project_id: project.id };
      const trust = { ...values, impersonation, roles: [{ id: lent.id }] };
      return (await expect(201, 'POST', TRUSTS, { token, body: { trust } })).trust;
    };
    const credentialOf = async (values: object) => {
      const application_credential = { roles: [{ id: lent.id }], ...values };
      const path = `/v3/users/${trustor.id}/application_credentials`;
      return (await expect(201, 'POST', path, { token, body: { application_credential } })).application_credential;
    };
    return { people, trustor, trustee, project, lent, token, trustOf, credentialOf };
  }

  function keyBody(person: Person, projectId: string, more: object = {}) {
    const access = `${person.id.slice(0, 16)}${Math.random().toString(16).slice(2)}`;
    const blob = JSON.stringify({ access, secret: 'the secret', ...more });
    return { access, body: { credential: { user_id: person.id, project_id: projectId, type: 'ec2', blob } } };
  }

  /** What a request that is signed with the key says to Keystone, as EC2's front end shows it. */
  function signed(access: string) {
    const params = {
      AWSAccessKeyId: access,
      SignatureMethod: 'HmacSHA256',
      SignatureVersion: '2',
      Timestamp: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    };
    const query = Object.entries(params)
      .map((pair) => pair.map(encodeURIComponent).join('='))
      .toSorted()
      .join('&');
    const text = ['GET', 'ec2.test', '/', query].join('\n');
    const signature = createHmac('sha256', 'the secret').update(text).digest('base64');
    return { credentials: { access, signature, host: 'ec2.test', verb: 'GET', path: '/', params } };
  }

  test(`OSSA-2013-032, OSSA-2020-004, OSSA-2026-005: what was lent makes, shows and changes no keys (${engine})`, async () => {
    const { people, trustor, trustee, project, token, trustOf, credentialOf } = await setUp('keys', 'member');
    const own = keyBody(trustor, project.id);
    const { credential } = await expect(201, 'POST', '/v3/credentials', { token, body: own.body });
    const [trust, plain] = [await trustOf(true), await trustOf(false)];
    const [bound, free] = [
      await credentialOf({ name: 'restricted' }),
      await credentialOf({ name: 'free', unrestricted: true }),
    ];
    const limited = { name: 'limited', access_rules: [{ service: 'identity', method: 'POST', path: '/**' }] };
    const ruled = await credentialOf(limited);
    const withCredential = ({ id, secret }: { id: string; secret: string }) =>
      people.tokenOf(people.withCredential({ id, secret }));
    const lent: [string, string, Person][] = [
      ['trust, impersonating', await people.tokenOf(people.throughTrust(trustee, trust.id)), trustor],
      ['trust', await people.tokenOf(people.throughTrust(trustee, plain.id)), trustee],
      ['restricted', await withCredential(bound), trustor],
      ['unrestricted', await withCredential(free), trustor],
      ['by its token', await people.tokenOf(people.withToken(await withCredential(bound))), trustor],
      ['with rules', await withCredential(ruled), trustor],
    ];
    for (const [how, by, acting] of lent) {
      const ec2 = `/v3/users/${acting.id}/credentials/OS-EC2`;
      const key = { token: by, body: keyBody(acting, project.id).body };
      assert.equal((await cloud().call('POST', '/v3/credentials', key)).status, 403, how);
      const older = { token: by, body: { tenant_id: project.id } };
      assert.equal((await cloud().call('POST', ec2, older)).status, 403, how);
      if (how === 'with rules') continue;
      if (acting === trustor) {
        await expect(403, 'GET', `/v3/credentials/${credential.id}`, { token: by });
        await expect(403, 'DELETE', `/v3/credentials/${credential.id}`, { token: by });
        await expect(403, 'PATCH', `/v3/credentials/${credential.id}`, {
          token: by,
          body: { credential: { blob: '{}' } },
        });
        await expect(403, 'DELETE', `${ec2}/${own.access}`, { token: by });
      }
      const listed = await cloud().call('GET', '/v3/credentials', { token: by });
      assert.deepEqual(listed.status === 200 ? listed.body.credentials : [], [], how);
    }
    for (const person of [trustor, trustee]) {
      const { credentials } = await expect(200, 'GET', `/v3/credentials?user_id=${person.id}`);
      assert.equal(credentials.length, person === trustor ? 1 : 0);
    }
  });

  test(`OSSA-2013-032: a key that names a trust gives what the trust gives, and dies with it (${engine})`, async () => {
    const { people, trustor, trustee, project, lent, token, trustOf } = await setUp('trust-key');
    const trust = await trustOf(true);
    const { access, body } = keyBody(trustor, project.id, { trust_id: trust.id });
    await expect(201, 'POST', '/v3/credentials', { token, body });
    const answer = await cloud().call('POST', '/v3/ec2tokens', { body: signed(access) });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const shown = answer.body.token;
    assert.deepEqual(
      [shown.roles, shown.project.id, shown['OS-TRUST:trust'].id, shown['OS-TRUST:trust'].trustee_user.id],
      [[{ id: lent.id, name: lent.name }], project.id, trust.id, trustee.id],
    );
    const text = answer.headers['x-subject-token'] as string;
    assert.equal(await people.validity(text), 200);
    await expect(204, 'DELETE', `${TRUSTS}/${trust.id}`, { token });
    assert.equal(await people.validity(text), 404);
    await expect(401, 'POST', '/v3/ec2tokens', { body: signed(access) });
  });

  test(`OSSA-2020-004: a key that names an application credential gives what that gives, and dies with it (${engine})`, async () => {
    const { people, trustor, project, lent, token, credentialOf } = await setUp('app-key');
    const { id } = await credentialOf({ name: 'app' });
    const { access, body } = keyBody(trustor, project.id, { app_cred_id: id });
    const { credential } = await expect(201, 'POST', '/v3/credentials', { token, body });
    for (const app_cred_id of [undefined, null, 'another']) {
      const blob = JSON.stringify({ access, secret: 'the secret', app_cred_id });
      await expect(400, 'PATCH', `/v3/credentials/${credential.id}`, { token, body: { credential: { blob } } });
    }
    const answer = await cloud().call('POST', '/v3/ec2tokens', { body: signed(access) });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual(
      [answer.body.token.roles, answer.body.token.application_credential.id],
      [[{ id: lent.id, name: lent.name }], id],
    );
    const text = answer.headers['x-subject-token'] as string;
    assert.equal(await people.validity(text), 200);
    await expect(204, 'DELETE', `/v3/users/${trustor.id}/application_credentials/${id}`, { token });
    assert.equal(await people.validity(text), 404);
    await expect(401, 'POST', '/v3/ec2tokens', { body: signed(access) });
  });
}
