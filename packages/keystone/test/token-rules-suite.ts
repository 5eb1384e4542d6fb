import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN_PASSWORD, type TestKeystone } from './harness.ts';
import { AUTH, exchange, grant, logInWith, newPerson, password, subject, tokenOf } from './token-people.ts';

/** Who may see and exchange which tokens, and what made them invalid, on one database. */
export function tokenRulesSuite(engine: string, cloud: () => TestKeystone): void {
  test(`${engine}: a token of the system buys none of a project or domain, others do`, async () => {
    const system = await cloud().logIn('admin', ADMIN_PASSWORD, { system: { all: true } });
    const project = { name: 'admin', domain: { id: 'default' } };
    for (const scope of [{ project }, { domain: { id: 'default' } }])
      assert.equal((await exchange(cloud(), system, scope)).status, 403);
    for (const scope of [{ system: { all: true } }, 'unscoped', { unscoped: {} }])
      assert.equal((await exchange(cloud(), system, scope)).status, 201);
    const domain = await cloud().logIn('admin', ADMIN_PASSWORD, { domain: { id: 'default' } });
    assert.equal((await exchange(cloud(), domain, { project })).status, 201);
  });

  test(`${engine}: a domain is no project`, async () => {
    const answer = await logInWith(
      cloud(),
      { password: { user: { name: 'admin', domain: { id: 'default' }, password: ADMIN_PASSWORD } } },
      { scope: { project: { id: 'default' } } },
    );
    assert.equal(answer.status, 401);
  });

  test(`${engine}: what contradicts itself is a 400`, async () => {
    const person = await newPerson(cloud());
    const identity = { password: password(person.id) };
    for (const scope of [
      {},
      { project: {} },
      { project: { name: 'x' } },
      { domain: {} },
      { project: { id: 'a' }, system: { all: true } },
      { system: { all: false } },
      7,
    ])
      assert.equal((await logInWith(cloud(), identity, { scope })).status, 400, JSON.stringify(scope));
    for (const user of [{ password: 'pw' }, { name: 'x', password: 'pw' }, { id: person.id }])
      assert.equal((await logInWith(cloud(), { password: { user } })).status, 400, JSON.stringify(user));
  });

  test(`${engine}: HEAD is for admins and the token's own user, GET for services as well`, async () => {
    const person = await newPerson(cloud());
    const token = await tokenOf(cloud(), person);
    const service = await newPerson(cloud());
    await grant(cloud(), 'PUT', { userId: service.id, projectId: service.projectId, role: 'service' });
    const other = await tokenOf(cloud(), await newPerson(cloud()));
    const statuses = async (asker: string) =>
      Promise.all(
        (['GET', 'HEAD'] as const).map(
          async (method) => (await cloud().call(method, AUTH, { token: asker, ...subject(token) })).status,
        ),
      );
    assert.deepEqual(await statuses(cloud().admin), [200, 200]);
    assert.deepEqual(await statuses(await tokenOf(cloud(), service)), [200, 403]);
    assert.deepEqual(await statuses(token), [200, 200]);
    assert.deepEqual(await statuses(other), [403, 403]);
    assert.equal((await cloud().call('DELETE', AUTH, { token: other, ...subject(token) })).status, 403);
    assert.equal((await cloud().call('GET', AUTH, {})).status, 400);
  });

  test(`${engine}: what one can have a token for, and the catalog of a project`, async () => {
    const person = await newPerson(cloud());
    const token = await tokenOf(cloud(), person);
    const { projects } = await cloud().expect(200, 'GET', '/v3/auth/projects', { token });
    assert.deepEqual(
      projects.map((one: { id: string }) => one.id),
      [person.projectId],
    );
    assert.deepEqual((await cloud().expect(200, 'GET', '/v3/auth/domains', { token })).domains, []);
    assert.deepEqual((await cloud().expect(200, 'GET', '/v3/auth/system', { token })).system, []);
    assert.ok((await cloud().expect(200, 'GET', '/v3/auth/catalog', { token })).catalog.length > 0);
    for (const path of ['projects', 'domains', 'system', 'catalog'])
      assert.equal((await cloud().call('HEAD', `/v3/auth/${path}`, { token })).status, 200, path);
    const unscoped = await logInWith(cloud(), { password: password(person.id) }, { scope: 'unscoped' });
    const bare = unscoped.headers['x-subject-token'] as string;
    await cloud().expect(403, 'GET', '/v3/auth/catalog', { token: bare });
    const system = await cloud().logIn('admin', ADMIN_PASSWORD, { system: { all: true } });
    assert.deepEqual((await cloud().expect(200, 'GET', '/v3/auth/system', { token: system })).system, [{ all: true }]);
  });

  test(`${engine}: who leaves a group, or whose group goes with its roles, has no old tokens`, async () => {
    const { group } = await cloud().expect(201, 'POST', '/v3/groups', {
      body: { group: { name: `g-${Date.now()}`, domain_id: 'default' } },
    });
    const [leaver, left] = [await newPerson(cloud()), await newPerson(cloud())];
    for (const one of [leaver, left]) await cloud().expect(204, 'PUT', `/v3/groups/${group.id}/users/${one.id}`);
    const tokens = [await tokenOf(cloud(), leaver), await tokenOf(cloud(), left)];
    await cloud().expect(204, 'DELETE', `/v3/groups/${group.id}/users/${leaver.id}`);
    await cloud().expect(404, 'GET', AUTH, subject(tokens[0] as string));
    await cloud().expect(200, 'GET', AUTH, subject(tokens[1] as string));
    const { roles } = await cloud().expect(200, 'GET', '/v3/roles?name=reader');
    await cloud().expect(204, 'PUT', `/v3/projects/${left.projectId}/groups/${group.id}/roles/${roles[0].id}`);
    await cloud().expect(204, 'DELETE', `/v3/groups/${group.id}`);
    await cloud().expect(404, 'GET', AUTH, subject(tokens[1] as string));
  });

  test(`${engine}: OS-REVOKE tells what made tokens invalid, since a time`, async () => {
    const person = await newPerson(cloud());
    const token = await tokenOf(cloud(), person);
    const since = new Date().toISOString();
    const [audit] = (await cloud().expect(200, 'GET', AUTH, subject(token))).token.audit_ids;
    await cloud().expect(204, 'DELETE', AUTH, { token, ...subject(token) });
    await cloud().expect(200, 'PATCH', `/v3/users/${person.id}`, { body: { user: { password: 'new' } } });
    const { events, links } = await cloud().expect(200, 'GET', `/v3/OS-REVOKE/events?since=${since}`);
    assert.deepEqual([links.next, links.previous], [null, null]);
    assert.ok(events.some((one: { audit_id?: string }) => one.audit_id === audit));
    const ofUser = events.find((one: { user_id?: string }) => one.user_id === person.id);
    assert.match(ofUser.issued_before, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.match(ofUser.revoked_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    const later = await cloud().expect(200, 'GET', '/v3/OS-REVOKE/events?since=2999-01-01T00:00:00Z');
    assert.deepEqual(later.events, []);
    const all = await cloud().expect(200, 'GET', '/v3/OS-REVOKE/events');
    assert.ok(all.events.length >= events.length);
    await cloud().expect(400, 'GET', '/v3/OS-REVOKE/events?since=yesterday');
    await cloud().expect(403, 'GET', '/v3/OS-REVOKE/events', { token: await tokenOf(cloud(), person, 'new') });
    assert.equal((await cloud().call('HEAD', '/v3/OS-REVOKE/events')).status, 200);
  });

  test(`${engine}: a role that goes, and is given again, is in the tokens as it is now`, async () => {
    const person = await newPerson(cloud());
    const token = await tokenOf(cloud(), person);
    const { role } = await cloud().expect(201, 'POST', '/v3/roles', { body: { role: { name: `r-${Date.now()}` } } });
    await grant(cloud(), 'PUT', { userId: person.id, projectId: person.projectId, role: role.name });
    const names = async () =>
      (await cloud().expect(200, 'GET', AUTH, subject(token))).token.roles.map((one: { name: string }) => one.name);
    assert.ok((await names()).includes(role.name));
    await cloud().expect(204, 'DELETE', `/v3/roles/${role.id}`);
    assert.deepEqual(await names(), ['member', 'reader']);
  });
}
