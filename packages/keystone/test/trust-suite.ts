import assert from 'node:assert/strict';
import { test } from 'node:test';
import { People } from './delegation-people.ts';
import { ADMIN_PASSWORD, passwordAuth, type TestKeystone } from './harness.ts';

const TRUSTS = '/v3/OS-TRUST/trusts';

/** Trusts: what they look like, who may see them, and how they end, on one database. */
export function trustSuite(engine: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);

  /** A trustor with two roles in a project of its own, and a trustee. */
  async function setUp(prefix: string) {
    const people = new People(cloud, `${prefix}-${engine}`);
    const [trustor, trustee, project] = [await people.person(), await people.person(), await people.project()];
    const [lent, kept] = [await people.role(), await people.role()];
    await people.give(trustor, project.id, lent.id);
    await people.give(trustor, project.id, kept.id);
    const token = await people.logIn(trustor, project.id);
    const values = {
      trustor_user_id: trustor.id,
      trustee_user_id: trustee.id,
      project_id: project.id,
      impersonation: false,
      roles: [{ id: lent.id }],
    };
    const create = async (changes: object = {}) =>
      (await expect(201, 'POST', TRUSTS, { token, body: { trust: { ...values, ...changes } } })).trust;
    const refuse = (status: number, changes: object, by = token) =>
      expect(status, 'POST', TRUSTS, { token: by, body: { trust: { ...values, ...changes } } });
    return { people, trustor, trustee, project, lent, kept, token, values, create, refuse };
  }

  test(`${engine}: a trust's body, its roles, the lists it is in`, async () => {
    const { trustor, trustee, project, lent, kept, token, create } = await setUp('body');
    const trust = await create({
      roles: [{ name: lent.name }],
      expires_at: '2199-02-27T18:30:59.999999Z',
      note: 'kept',
    });
    const self = `http://localhost:80${TRUSTS}/${trust.id}`;
    const role = { ...lent, links: { self: `http://localhost:80/v3/roles/${lent.id}` } };
    assert.deepEqual(trust, {
      id: trust.id,
      trustor_user_id: trustor.id,
      trustee_user_id: trustee.id,
      project_id: project.id,
      impersonation: false,
      expires_at: '2199-02-27T18:30:59.000000Z',
      remaining_uses: null,
      redelegated_trust_id: null,
      redelegation_count: 0,
      deleted_at: null,
      note: 'kept',
      roles: [role],
      roles_links: { self: `${self}/roles`, next: null, previous: null },
      links: { self },
    });
    const one = `${TRUSTS}/${trust.id}`;
    assert.deepEqual((await expect(200, 'GET', one, { token })).trust, trust);
    assert.equal((await cloud().call('HEAD', one, { token })).status, 200);
    const listed = await expect(200, 'GET', `${one}/roles`, { token });
    assert.deepEqual([listed.roles, listed.links], [[role], trust.roles_links]);
    assert.deepEqual((await expect(200, 'GET', `${one}/roles/${lent.id}`, { token })).role, role);
    assert.equal((await cloud().call('HEAD', `${one}/roles/${lent.id}`, { token })).status, 200);
    await expect(404, 'GET', `${one}/roles/${kept.id}`, { token });
    const { roles: _, roles_links: __, ...short } = trust;
    for (const query of [`trustor_user_id=${trustor.id}`, `trustee_user_id=${trustee.id}`])
      assert.deepEqual((await expect(200, 'GET', `${TRUSTS}?${query}`)).trusts, [short]);
    assert.deepEqual((await expect(200, 'GET', `${TRUSTS}?trustor_user_id=${trustee.id}`)).trusts, []);
    assert.ok((await expect(200, 'GET', TRUSTS)).trusts.some((other: { id: string }) => other.id === trust.id));
    await expect(405, 'PATCH', one, { token, body: { trust: {} } });
  });

  test(`${engine}: trusts in pages`, async () => {
    const { trustor, token, create } = await setUp('pages');
    const ids = [];
    for (let at = 0; at < 3; at++) ids.push((await create()).id);
    const first = await expect(200, 'GET', `${TRUSTS}?trustor_user_id=${trustor.id}&limit=2`, { token });
    const next = new URL(first.links.next);
    const second = await expect(200, 'GET', next.pathname + next.search, { token });
    const found = [...first.trusts, ...second.trusts].map((one: { id: string }) => one.id);
    assert.deepEqual([first.trusts.length, found, second.links.next], [2, ids.toSorted(), null]);
  });

  test(`${engine}: who may see and delete a trust`, async () => {
    const { people, trustee, trustor, project, token, create } = await setUp('see');
    const { id } = await create();
    const one = `${TRUSTS}/${id}`;
    const stranger = await people.person();
    await people.give(stranger, project.id, await people.roleId('member'));
    await people.give(trustee, project.id, await people.roleId('member'));
    const [its, other] = [await people.logIn(trustee, project.id), await people.logIn(stranger, project.id)];
    await expect(200, 'GET', one, { token: its });
    for (const path of [one, `${one}/roles`, `${one}/roles/any`]) await expect(403, 'GET', path, { token: other });
    await expect(200, 'GET', `${TRUSTS}?trustee_user_id=${trustee.id}`, { token: its });
    await expect(403, 'GET', `${TRUSTS}?trustor_user_id=${trustor.id}`, { token: its });
    await expect(403, 'GET', TRUSTS, { token: its });
    for (const by of [its, other]) await expect(403, 'DELETE', one, { token: by });
    await expect(404, 'GET', `${TRUSTS}/nothing`, { token: other });
    await expect(204, 'DELETE', one, { token });
    await expect(404, 'GET', one, { token });
    await expect(404, 'DELETE', one, { token });
    await expect(401, 'GET', one, { token: null });
  });

  test(`${engine}: what makes no trust`, async () => {
    const { people, trustee, trustor, kept, refuse, token, create } = await setUp('wrong');
    await refuse(403, { trustor_user_id: trustee.id, trustee_user_id: trustor.id });
    await refuse(403, { roles: [] });
    await refuse(404, { trustee_user_id: 'nobody' });
    await refuse(404, { project_id: 'nothing' });
    await refuse(404, { roles: [{ id: 'nothing' }] });
    await refuse(404, { roles: [{ name: 'no such role' }] });
    await refuse(404, { roles: [{ id: await people.roleId('admin') }] });
    await refuse(404, { project_id: null, roles: [{ id: kept.id }] });
    for (const expires_at of ['bad.123Z', '2011-13-01T00:00:00Z', '2199-02-30T00:00:00Z', '2011-01-01T00:00:00Z', ''])
      await refuse(400, { expires_at });
    for (const remaining_uses of [0, -1, 1.5, 'a', true, {}]) await refuse(400, { remaining_uses });
    await refuse(400, { allow_redelegation: true, remaining_uses: 1 });
    await refuse(403, { allow_redelegation: true, redelegation_count: 4 });
    await refuse(400, { redelegation_count: -1 });
    await refuse(400, { impersonation: 'yes' });
    await refuse(400, { impersonation: undefined });
    await refuse(400, { trustee_user_id: undefined });
    await refuse(400, { roles: [{ id: kept.id, name: kept.name }] });
    await refuse(400, { roles: [{ fake_key: 'x' }] });
    await expect(400, 'POST', TRUSTS, { token, body: {} });
    const system = await people.tokenOf(passwordAuth('admin', ADMIN_PASSWORD, { system: { all: true } }));
    await refuse(403, {}, system);
    await create({ expires_at: '2199-01-01T00:00:00Z' });
    await refuse(409, { expires_at: '2199-01-01T00:00:00' });
    const { trusts } = await expect(200, 'GET', `${TRUSTS}?trustor_user_id=${trustor.id}`, { token });
    assert.equal(trusts.length, 1);
  });

  test(`${engine}: a token of a trust, with and without impersonation`, async () => {
    const { people, trustor, trustee, project, lent, create } = await setUp('token');
    for (const impersonation of [true, false]) {
      const trust = await create({ impersonation });
      const answer = await people.authenticate(people.throughTrust(trustee, trust.id));
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      const { token } = answer.body;
      assert.equal(token.user.id, impersonation ? trustor.id : trustee.id);
      assert.deepEqual(token['OS-TRUST:trust'], {
        id: trust.id,
        trustor_user: { id: trustor.id },
        trustee_user: { id: trustee.id },
        impersonation,
      });
      assert.deepEqual(token.roles, [{ id: lent.id, name: lent.name }]);
      assert.deepEqual([token.project.id, 'is_domain' in token, token.methods], [project.id, false, ['password']]);
      const text = answer.headers['x-subject-token'] as string;
      const headers = { 'x-subject-token': text };
      assert.deepEqual((await expect(200, 'GET', '/v3/auth/tokens', { headers })).token, token);
      await expect(204, 'DELETE', `${TRUSTS}/${trust.id}`);
      assert.equal(await people.validity(text), 404);
      assert.equal((await people.authenticate(people.throughTrust(trustee, trust.id))).status, 401);
    }
  });

  test(`${engine}: uses are counted, and two at once never share the last one`, async () => {
    const { people, trustee, create } = await setUp('uses');
    const trust = await create({ remaining_uses: 3 });
    await people.tokenOf(people.throughTrust(trustee, trust.id));
    const shown = (await expect(200, 'GET', `${TRUSTS}/${trust.id}`)).trust;
    assert.equal(shown.remaining_uses, 2);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => people.authenticate(people.throughTrust(trustee, trust.id))),
    );
    const good = answers.filter((one) => one.status === 201);
    assert.deepEqual([good.length, answers.filter((one) => one.status === 401).length], [2, 4]);
    // What the last use gave is good to its end, the trust itself is gone from sight.
    for (const one of good) assert.equal(await people.validity(one.headers['x-subject-token'] as string), 200);
    await expect(404, 'GET', `${TRUSTS}/${trust.id}`);
    assert.equal((await people.authenticate(people.throughTrust(trustee, trust.id))).status, 401);
  });

  test(`${engine}: an expired trust gives nothing, and its tokens end with it`, async () => {
    const { people, trustee, create } = await setUp('expired');
    const trust = await create({ expires_at: new Date(Date.now() + 2_500).toISOString() });
    const token = await people.tokenOf(people.throughTrust(trustee, trust.id));
    assert.equal(await people.validity(token), 200);
    await new Promise((resolve) => setTimeout(resolve, 2_600));
    assert.equal(await people.validity(token), 404);
    assert.equal((await people.authenticate(people.throughTrust(trustee, trust.id))).status, 401);
    await expect(404, 'GET', `${TRUSTS}/${trust.id}`);
  });

  test(`${engine}: a trust ends with a role of the trustor, whole`, async () => {
    const { people, trustor, trustee, project, lent, kept, create } = await setUp('roles');
    const trust = await create({ roles: [{ id: lent.id }, { id: kept.id }] });
    const token = await people.tokenOf(people.throughTrust(trustee, trust.id));
    await people.take(trustor, project.id, kept.id);
    assert.equal(await people.validity(token), 404);
    assert.equal((await people.authenticate(people.throughTrust(trustee, trust.id))).status, 403);
    await people.give(trustor, project.id, kept.id);
    assert.equal((await people.authenticate(people.throughTrust(trustee, trust.id))).status, 201);
    await expect(204, 'DELETE', `/v3/roles/${kept.id}`);
    assert.equal((await people.authenticate(people.throughTrust(trustee, trust.id))).status, 403);
    assert.deepEqual(
      (await expect(200, 'GET', `${TRUSTS}/${trust.id}`)).trust.roles.map((one: { id: string }) => one.id),
      [lent.id],
    );
  });

  test(`${engine}: trusts are deleted with their trustor, trustee and project`, async () => {
    for (const victim of ['trustor', 'trustee', 'project'] as const) {
      const made = await setUp(`gone-${victim}`);
      const trust = await made.create();
      const token = await made.people.tokenOf(made.people.throughTrust(made.trustee, trust.id));
      await expect(204, 'DELETE', `/v3/${victim === 'project' ? 'projects' : 'users'}/${made[victim].id}`);
      assert.equal(await made.people.validity(token), 404, victim);
      await expect(404, 'GET', `${TRUSTS}/${trust.id}`);
    }
  });
}
