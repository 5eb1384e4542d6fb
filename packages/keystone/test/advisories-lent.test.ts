/** Advisories about what is lent or signed, where the suites leave something of them open. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { People } from './delegation-people.ts';
import { TestKeystone } from './harness.ts';
import { AUTH, exchange, subject } from './token-people.ts';

let cloud: TestKeystone;
let people: People;
before(async () => {
  cloud = await TestKeystone.start({ config: { credentials: { authTtlMinutes: 60 } } });
  people = new People(() => cloud, 'lent');
});
after(() => cloud.stop());

interface Key {
  readonly access: string;
  readonly secret: string;
}

/** What EC2's front end shows Keystone of a request that was signed some minutes ago. */
function signedBefore({ access, secret }: Key, minutes: number) {
  const params = {
    AWSAccessKeyId: access,
    SignatureMethod: 'HmacSHA256',
    SignatureVersion: '2',
    Timestamp: new Date(Date.now() - minutes * 60_000).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  const pairs = Object.entries(params).map((pair) => pair.map(encodeURIComponent).join('='));
  const text = ['GET', 'ec2.test', '/', pairs.toSorted().join('&')].join('\n');
  const signature = createHmac('sha256', secret).update(text).digest('base64');
  return { credentials: { access, signature, host: 'ec2.test', verb: 'GET', path: '/', params } };
}

/** A member of a project with a key for it. */
async function withKey() {
  const [person, project] = [await people.person(), await people.project()];
  await people.give(person, project.id, await people.roleId('member'));
  const body = { tenant_id: project.id };
  const { credential } = await cloud.expect(201, 'POST', `/v3/users/${person.id}/credentials/OS-EC2`, { body });
  return { person, project, key: credential as Key };
}

test('OSSA-2020-003: how long a signature lives is the operator’s to say', async () => {
  const { key } = await withKey();
  for (const [minutes, status] of [
    [59, 200],
    [-59, 200],
    [61, 401],
    [-61, 401],
  ] as const)
    await cloud.expect(status, 'POST', '/v3/ec2tokens', { body: signedBefore(key, minutes) });
});

test('OSSA-2013-009: what was lent or signed for is revoked as well, and seen by GET and HEAD', async () => {
  const { person, project, key } = await withKey();
  const token = await people.logIn(person, project.id);
  const trustee = await people.person();
  const values = { trustor_user_id: person.id, trustee_user_id: trustee.id, project_id: project.id };
  const trust = { ...values, impersonation: true, roles: [{ name: 'member' }] };
  const lent = (await cloud.expect(201, 'POST', '/v3/OS-TRUST/trusts', { token, body: { trust } })).trust;
  const path = `/v3/users/${person.id}/application_credentials`;
  const body = { application_credential: { name: 'app' } };
  const { id, secret } = (await cloud.expect(201, 'POST', path, { token, body })).application_credential;
  const kinds: Record<string, () => Promise<unknown>> = {
    trust: () => people.tokenOf(people.throughTrust(trustee, lent.id)),
    'application credential': () => people.tokenOf(people.withCredential({ id, secret })),
    signature: async () =>
      (await cloud.call('POST', '/v3/ec2tokens', { body: signedBefore(key, 0) })).headers['x-subject-token'],
    exchange: async () => (await exchange(cloud, token, { project: { id: project.id } })).headers['x-subject-token'],
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const [one, other] = [(await make()) as string, (await make()) as string];
    await cloud.expect(200, 'GET', AUTH, subject(one));
    await cloud.expect(204, 'DELETE', AUTH, subject(one));
    for (const method of ['GET', 'HEAD'])
      assert.equal((await cloud.call(method, AUTH, subject(one))).status, 404, `${method} ${kind}`);
    await cloud.expect(401, 'GET', '/v3/auth/projects', { token: one });
    await cloud.expect(200, 'GET', AUTH, subject(other));
  }
});
