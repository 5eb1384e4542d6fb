/** Bounds on trusts and application credentials, and what two Keystones on one database make of them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { People, type Person } from './delegation-people.ts';
import { TestKeystone } from './harness.ts';

const TRUSTS = '/v3/OS-TRUST/trusts';

async function withKeystones(
  count: number,
  config: object,
  work: (all: TestKeystone[]) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'kumo-delegation-'));
  const all: TestKeystone[] = [];
  try {
    for (let at = 0; at < count; at++)
      all.push(
        await TestKeystone.start({
          databaseUrl: `sqlite:${join(dir, 'keystone.db')}`,
          config: { changeCheckMs: 0, tokens: { keyRepository: join(dir, 'keys') }, ...config },
        }),
      );
    await work(all);
  } finally {
    for (const one of all) await one.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function ownerIn(keystone: TestKeystone) {
  const people = new People(() => keystone, 'limits');
  const [owner, project] = [await people.person(), await people.project()];
  await people.give(owner, project.id, await people.roleId('member'));
  const token = await people.logIn(owner, project.id);
  const trust = (trustee: Person, more: object = {}) => ({
    trust: {
      trustor_user_id: owner.id,
      trustee_user_id: trustee.id,
      project_id: project.id,
      impersonation: true,
      roles: [{ name: 'member' }],
      ...more,
    },
  });
  return { people, owner, project, token, trust };
}

test('a user has no more application credentials than the setting says, however many are asked for at once', () =>
  withKeystones(1, { delegation: { applicationCredentialsPerUser: 2 } }, async ([keystone]) => {
    assert.ok(keystone);
    const { owner, token } = await ownerIn(keystone);
    const path = `/v3/users/${owner.id}/application_credentials`;
    const create = (name: string) => keystone.call('POST', path, { token, body: { application_credential: { name } } });
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map(create));
    assert.deepEqual(answers.map((one) => one.status).toSorted(), [201, 201, 403, 403]);
    const refused = await create('e');
    assert.match(refused.body.error.message, /maximum of 2 already exceeded/);
    const made = answers.find((one) => one.status === 201)?.body.application_credential;
    await keystone.expect(204, 'DELETE', `${path}/${made.id}`, { token });
    assert.equal((await create('e')).status, 201);
  }));

test('how often trusts are passed on is bounded by the setting', () =>
  withKeystones(1, { delegation: { maxRedelegations: 1 } }, async ([keystone]) => {
    assert.ok(keystone);
    const { people, owner, token, trust } = await ownerIn(keystone);
    const [second, third] = [await people.person(), await people.person()];
    const body = trust(second, { allow_redelegation: true });
    const first = (await keystone.expect(201, 'POST', TRUSTS, { token, body })).trust;
    assert.equal(first.redelegation_count, 1);
    await keystone.expect(403, 'POST', TRUSTS, {
      token,
      body: trust(third, { allow_redelegation: true, redelegation_count: 2 }),
    });
    const by = await people.tokenOf(people.throughTrust(second, first.id));
    const next = (
      await keystone.expect(201, 'POST', TRUSTS, { token: by, body: trust(third, { allow_redelegation: true }) })
    ).trust;
    assert.equal(next.redelegation_count, 0);
    assert.equal(next.trustor_user_id, owner.id);
  }));

test('two Keystones never give the last use of a trust twice, and see what the other one deletes', () =>
  withKeystones(2, {}, async ([one, other]) => {
    assert.ok(one && other);
    const { people, owner, token, trust } = await ownerIn(one);
    const trustee = await people.person();
    const { id } = (await one.expect(201, 'POST', TRUSTS, { token, body: trust(trustee, { remaining_uses: 3 }) }))
      .trust;
    const body = people.throughTrust(trustee, id);
    const logins = [one, other, one, other, one, other].map((keystone) =>
      keystone.call('POST', '/v3/auth/tokens', { token: null, body }),
    );
    const answers = await Promise.all(logins);
    assert.deepEqual(answers.map((answer) => answer.status).toSorted(), [201, 201, 201, 401, 401, 401]);
    const lent = answers.find((answer) => answer.status === 201)?.headers['x-subject-token'] as string;
    await other.expect(200, 'GET', '/v3/auth/projects', { token: lent });
    const path = `/v3/users/${owner.id}/application_credentials`;
    const made = (await one.expect(201, 'POST', path, { token, body: { application_credential: { name: 'a' } } }))
      .application_credential;
    const own = await people.tokenOf(people.withCredential({ id: made.id, secret: made.secret }));
    await other.expect(200, 'GET', '/v3/auth/projects', { token: own });
    await one.expect(204, 'DELETE', `${path}/${made.id}`, { token });
    await other.expect(401, 'GET', '/v3/auth/projects', { token: own });
    await one.expect(204, 'DELETE', `/v3/users/${owner.id}`);
    await other.expect(401, 'GET', '/v3/auth/projects', { token: lent });
  }));

test('a domain takes the trusts and application credentials of its users and projects with it', () =>
  withKeystones(1, {}, async ([keystone]) => {
    assert.ok(keystone);
    const make = async (kind: string, values: object) =>
      (await keystone.expect(201, 'POST', `/v3/${kind}s`, { body: { [kind]: values } }))[kind];
    const domain = await make('domain', { name: 'shortlived' });
    const user = await make('user', { name: 'in it', domain_id: domain.id, password: 'pw' });
    const { people, owner, project, token, trust } = await ownerIn(keystone);
    const inDomain: Person = { id: user.id, name: 'in it', password: 'pw' };
    await people.give(inDomain, project.id, await people.roleId('member'));
    const its = await people.logIn(inDomain, project.id);
    const path = `/v3/users/${user.id}/application_credentials`;
    const made = (
      await keystone.expect(201, 'POST', path, { token: its, body: { application_credential: { name: 'a' } } })
    ).application_credential;
    const { id } = (await keystone.expect(201, 'POST', TRUSTS, { token, body: trust(inDomain) })).trust;
    const within = await make('project', { name: 'within', domain_id: domain.id });
    await people.give(owner, within.id, await people.roleId('member'));
    const inside = await people.logIn(owner, within.id);
    const others = `/v3/users/${owner.id}/application_credentials`;
    const third = (
      await keystone.expect(201, 'POST', others, { token: inside, body: { application_credential: { name: 'b' } } })
    ).application_credential;
    await keystone.expect(200, 'PATCH', `/v3/domains/${domain.id}`, { body: { domain: { enabled: false } } });
    await keystone.expect(204, 'DELETE', `/v3/domains/${domain.id}`);
    await keystone.expect(404, 'GET', `${path}/${made.id}`);
    await keystone.expect(404, 'GET', `${others}/${third.id}`);
    await keystone.expect(404, 'GET', `${TRUSTS}/${id}`);
  }));
