import assert from 'node:assert/strict';
import { test } from 'node:test';
import { People, type Person } from './delegation-people.ts';
import type { TestKeystone } from './harness.ts';

const TRUSTS = '/v3/OS-TRUST/trusts';

/** Trusts that are passed on, on one database. */
export function redelegationSuite(engine: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);

  async function setUp(prefix: string, changes: object = {}) {
    const people = new People(cloud, `${prefix}-${engine}`);
    const project = await people.project();
    const [trustor, second, third, fourth] = [
      await people.person(),
      await people.person(),
      await people.person(),
      await people.person(),
    ];
    const [lent, kept] = [await people.role(), await people.role()];
    for (const role of [lent, kept]) await people.give(trustor, project.id, role.id);
    const values = { project_id: project.id, impersonation: true, roles: [{ id: lent.id }] };
    const token = await people.logIn(trustor, project.id);
    const create = (status: number, by: string, from: Person, to: Person, more: object = {}) => {
      const trust = { ...values, trustor_user_id: from.id, trustee_user_id: to.id, ...more };
      return expect(status, 'POST', TRUSTS, { token: by, body: { trust } });
    };
    const { trust } = await create(201, token, trustor, second, { allow_redelegation: true, ...changes });
    const by = await people.tokenOf(people.throughTrust(second, trust.id));
    return { people, project, trustor, second, third, fourth, lent, kept, token, trust, by, create };
  }

  test(`${engine}: a trust is passed on as often as it says, and ends with those before it`, async () => {
    const { people, trustor, second, third, fourth, trust, by, create } = await setUp('chain', {
      redelegation_count: 2,
    });
    assert.deepEqual([trust.redelegation_count, 'allow_redelegation' in trust], [2, false]);
    const next = (await create(201, by, trustor, third, { allow_redelegation: true })).trust;
    assert.deepEqual([next.redelegated_trust_id, next.redelegation_count], [trust.id, 1]);
    const thirds = await people.tokenOf(people.throughTrust(third, next.id));
    const last = (await create(201, thirds, trustor, fourth, { allow_redelegation: true })).trust;
    assert.deepEqual([last.redelegated_trust_id, last.redelegation_count], [next.id, 0]);
    const fourths = await people.tokenOf(people.throughTrust(fourth, last.id));
    const shown = await expect(200, 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': fourths } });
    assert.deepEqual([shown.token.user.id, shown.token['OS-TRUST:trust'].trustee_user.id], [trustor.id, fourth.id]);
    await create(403, fourths, trustor, second);
    // Whoever passed it on must still be there.
    await expect(200, 'PATCH', `/v3/users/${third.id}`, { body: { user: { enabled: false } } });
    assert.equal(await people.validity(fourths), 404);
    assert.equal((await people.authenticate(people.throughTrust(fourth, last.id))).status, 403);
    await expect(200, 'PATCH', `/v3/users/${third.id}`, { body: { user: { enabled: true } } });
    const again = await people.tokenOf(people.throughTrust(fourth, last.id));
    await expect(204, 'DELETE', `${TRUSTS}/${trust.id}`);
    assert.equal(await people.validity(again), 404);
    for (const { id } of [trust, next, last]) await expect(404, 'GET', `${TRUSTS}/${id}`);
    const { events } = await expect(200, 'GET', '/v3/OS-REVOKE/events');
    const told = new Set(events.map((event: Record<string, string>) => event['OS-TRUST:trust_id']));
    assert.ok([trust, next, last].every(({ id }) => told.has(id)));
  });

  test(`${engine}: what is passed on is never more than what was given`, async () => {
    const at = '2199-01-01T00:00:00Z';
    const { people, trustor, third, kept, by, trust, create, token } = await setUp('less', { expires_at: at });
    await create(403, by, trustor, third, { roles: [{ id: kept.id }] });
    await create(403, by, trustor, third, { expires_at: '2199-01-01T00:00:01Z' });
    await create(403, by, trustor, third, { remaining_uses: 1 });
    await create(403, by, trustor, third, { allow_redelegation: true, redelegation_count: 3 });
    const other = await people.project();
    for (const role of ['admin', 'member']) await people.give(trustor, other.id, await people.roleId(role));
    await create(403, by, trustor, third, { project_id: other.id, roles: [{ name: 'member' }] });
    const made = (await create(201, by, trustor, third)).trust;
    assert.deepEqual([made.expires_at, made.redelegation_count], ['2199-01-01T00:00:00.000000Z', 0]);
    // The client does not say what is passed on: that is the token's trust, or none.
    const plain = (await create(201, token, trustor, third, { redelegated_trust_id: trust.id })).trust;
    assert.equal(plain.redelegated_trust_id, null);
  });

  test(`${engine}: without impersonation nobody comes to impersonate, and who passes on must have it too`, async () => {
    const { people, project, lent, trustor, second, third, by, create } = await setUp('plain', {
      impersonation: false,
    });
    await create(403, by, trustor, third, { impersonation: false });
    await create(404, by, second, third, { impersonation: false });
    await people.give(second, project.id, lent.id);
    await create(403, by, second, third);
    const made = (await create(201, by, second, third, { impersonation: false })).trust;
    assert.equal(made.impersonation, false);
    const token = await people.tokenOf(people.throughTrust(third, made.id));
    assert.equal(await people.validity(token), 200);
    await people.take(second, project.id, lent.id);
    assert.equal(await people.validity(token), 404);
    assert.equal((await people.authenticate(people.throughTrust(third, made.id))).status, 403);
  });

  test(`${engine}: a trust that may not be passed on is not`, async () => {
    const { trustor, third, by, create } = await setUp('not', { allow_redelegation: false });
    await create(403, by, trustor, third);
  });
}
