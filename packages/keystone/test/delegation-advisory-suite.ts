import assert from 'node:assert/strict';
import { test } from 'node:test';
import { People } from './delegation-people.ts';
import type { TestKeystone } from './harness.ts';

const TRUSTS = '/v3/OS-TRUST/trusts';

/** OpenStack's security advisories about delegation, by their ids, on one database. */
export function delegationAdvisorySuite(engine: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);

  /** A trustor with the same two roles in two projects, a trust for one role in the first. */
  async function setUp(prefix: string, changes: object = {}) {
    const people = new People(cloud, `${prefix}-${engine}`);
    const [trustor, trustee] = [await people.person(), await people.person()];
    const [project, other] = [await people.project(), await people.project()];
    const member = await people.roleId('member');
    const lent = await people.role();
    for (const { id } of [project, other]) for (const role of [member, lent.id]) await people.give(trustor, id, role);
    const token = await people.logIn(trustor, project.id);
    const values = {
      trustor_user_id: trustor.id,
      trustee_user_id: trustee.id,
      project_id: project.id,
      impersonation: true,
      roles: [{ id: lent.id }],
      ...changes,
    };
    const { trust } = await expect(201, 'POST', TRUSTS, { token, body: { trust: values } });
    const by = await people.tokenOf(people.throughTrust(trustee, trust.id));
    return { people, trustor, trustee, project, other, member, lent, token, trust, by, values };
  }

  test(`OSSA-2014-022: a trust is redeemed for its project and nothing else, by its trustee alone (${engine})`, async () => {
    const { people, trustor, trustee, project, other, trust, by } = await setUp('2014-022');
    const scope = { 'OS-TRUST:trust': { id: trust.id }, project: { id: other.id } };
    assert.equal((await people.authenticate(people.auth(trustee, scope))).status, 400);
    for (const wanted of [
      { project: { id: other.id } },
      { project: { id: project.id } },
      { domain: { id: 'default' } },
      { system: { all: true } },
      { unscoped: {} },
      { 'OS-TRUST:trust': { id: trust.id } },
      undefined,
    ])
      assert.equal((await people.authenticate(people.withToken(by, wanted))).status, 403, JSON.stringify(wanted));
    assert.equal((await people.authenticate(people.auth(trustee, { project: { id: project.id } }))).status, 401);
    const stranger = await people.person();
    for (const wrong of [stranger, trustor])
      assert.equal((await people.authenticate(people.throughTrust(wrong, trust.id))).status, 403);
    assert.equal((await people.authenticate(people.throughTrust(trustee, 'nothing'))).status, 401);
    assert.equal((await people.authenticate(people.auth(trustee, { 'OS-TRUST:trust': {} }))).status, 400);
    const shown = await expect(200, 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': by } });
    assert.equal(shown.token.project.id, project.id);
  });

  test(`OSSA-2014-018: who was delegated to delegates no further, unless it was allowed (${engine})`, async () => {
    const { people, trustor, trustee, other, member, by, values } = await setUp('2014-018');
    const trusts = async () => (await expect(200, 'GET', `${TRUSTS}?trustor_user_id=${trustor.id}`)).trusts.length;
    for (const changes of [
      {},
      { roles: [{ id: member }] },
      { project_id: other.id, roles: [{ id: member }] },
      { allow_redelegation: true },
    ])
      await expect(403, 'POST', TRUSTS, { token: by, body: { trust: { ...values, ...changes } } });
    assert.equal(await trusts(), 1);
    for (const user of [trustor, trustee])
      await expect(403, 'POST', `/v3/users/${user.id}/application_credentials`, {
        token: by,
        body: { application_credential: { name: 'mine' } },
      });
    const path = `/v3/users/${trustor.id}`;
    const own = await people.logIn(trustor, values.project_id);
    const body = {
      application_credential: {
        name: 'app',
        access_rules: [{ service: 'compute', method: 'GET', path: '/v2.1/servers' }],
      },
    };
    const made = (await expect(201, 'POST', `${path}/application_credentials`, { token: own, body }))
      .application_credential;
    // Nor does it see or remove what its trustor has of them.
    const rule = `${path}/access_rules/${made.access_rules[0].id}`;
    for (const [method, url] of [
      ['GET', `${path}/application_credentials`],
      ['GET', `${path}/application_credentials/${made.id}`],
      ['DELETE', `${path}/application_credentials/${made.id}`],
      ['GET', `${path}/access_rules`],
      ['GET', rule],
      ['DELETE', rule],
    ] as const)
      await expect(403, method, url, { token: by });
  });

  test(`OSSA-2014-006: disabling the trustee, or its new password, ends the trust's tokens (${engine})`, async () => {
    for (const change of [{ enabled: false }, { password: 'a new password' }]) {
      for (const impersonation of [true, false]) {
        const { people, trustee, by } = await setUp(`2014-006-${Object.keys(change)}-${impersonation}`, {
          impersonation,
        });
        assert.equal(await people.validity(by), 200);
        await expect(200, 'PATCH', `/v3/users/${trustee.id}`, { body: { user: change } });
        assert.equal(await people.validity(by), 404);
        await expect(401, 'GET', '/v3/auth/projects', { token: by });
      }
    }
  });

  test(`OSSA-2014-006: the same of the trustor (${engine})`, async () => {
    for (const change of [{ enabled: false }, { password: 'a new password' }]) {
      for (const impersonation of [true, false]) {
        const { people, trustor, trustee, by, trust } = await setUp(
          `2014-006-trustor-${Object.keys(change)}-${impersonation}`,
          { impersonation },
        );
        await expect(200, 'PATCH', `/v3/users/${trustor.id}`, { body: { user: change } });
        assert.equal(await people.validity(by), 404);
        const again = await people.authenticate(people.throughTrust(trustee, trust.id));
        assert.equal(again.status, 'enabled' in change ? 403 : 201);
      }
    }
  });

  test(`OSSA-2026-005: a restricted application credential makes and deletes no others, and no trusts (${engine})`, async () => {
    const { people, trustor, trustee, project, lent, token } = await setUp('2026-005');
    const path = `/v3/users/${trustor.id}/application_credentials`;
    const create = async (status: number, by: string, values: object) =>
      (await expect(status, 'POST', path, { token: by, body: { application_credential: values } }))
        .application_credential;
    const restricted = await create(201, token, { name: 'restricted', roles: [{ id: lent.id }] });
    const free = await create(201, token, { name: 'free', roles: [{ id: lent.id }], unrestricted: true });
    const [bound, unbound] = [
      await people.tokenOf(people.withCredential({ id: restricted.id, secret: restricted.secret })),
      await people.tokenOf(people.withCredential({ id: free.id, secret: free.secret })),
    ];
    await create(403, bound, { name: 'third' });
    await expect(403, 'DELETE', `${path}/${free.id}`, { token: bound });
    await expect(200, 'GET', path, { token: bound });
    // A token from that token is bound as well.
    const next = await people.tokenOf(people.withToken(bound));
    await create(403, next, { name: 'third' });
    // An unrestricted one passes on no more than it has itself.
    const third = await create(201, unbound, { name: 'third' });
    assert.deepEqual(
      third.roles.map((one: { id: string }) => one.id),
      [lent.id],
    );
    await create(400, unbound, { name: 'fourth', roles: [{ name: 'member' }] });
    await expect(204, 'DELETE', `${path}/${third.id}`, { token: unbound });
    const trust = {
      trustor_user_id: trustor.id,
      trustee_user_id: trustee.id,
      project_id: project.id,
      impersonation: false,
      roles: [{ id: lent.id }],
    };
    for (const by of [bound, unbound]) {
      await expect(403, 'POST', TRUSTS, { token: by, body: { trust } });
      await expect(403, 'GET', `${TRUSTS}?trustor_user_id=${trustor.id}`, { token: by });
    }
    const { trusts } = await expect(200, 'GET', `${TRUSTS}?trustor_user_id=${trustor.id}`, { token });
    for (const url of [`${TRUSTS}/${trusts[0].id}`, `${TRUSTS}/${trusts[0].id}/roles`])
      await expect(403, 'GET', url, { token: bound });
    await expect(403, 'DELETE', `${TRUSTS}/${trusts[0].id}`, { token: unbound });
    assert.equal(trusts.length, 1);
  });

  test(`OSSA-2020-005: an OAuth1 token has the authorised roles alone (${engine})`, {
    todo: 'OAuth1 is not served: POST /v3/OS-OAUTH1/* is not routed, and its token payload is refused',
  });
}
