import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';
import { passwordAuth } from './harness.ts';

/** Projects, domains, users and groups, on one database. */
export function identitySuite(name: string, cloud: () => TestKeystone): void {
  test(`${name}: a project is made, changed, listed by filters and deleted`, async () => {
    const { expect } = bound(cloud());
    const { project } = await expect(201, 'POST', '/v3/projects', {
      body: { project: { name: 'blue', description: 'first', tags: ['b', 'a'], colour: 'blue' } },
    });
    assert.equal(project.domain_id, 'default');
    assert.equal(project.parent_id, 'default');
    assert.deepEqual([project.is_domain, project.enabled, project.colour], [false, true, 'blue']);
    await expect(409, 'POST', '/v3/projects', { body: { project: { name: 'blue' } } });
    const child = await expect(201, 'POST', '/v3/projects', {
      body: { project: { name: 'sky', parent_id: project.id } },
    });
    const byName = await expect(200, 'GET', '/v3/projects?name=blue');
    assert.deepEqual(
      byName.projects.map((one: { id: string }) => one.id),
      [project.id],
    );
    assert.deepEqual(byName.projects[0].tags, ['a', 'b']);
    const below = await expect(200, 'GET', `/v3/projects?parent_id=${project.id}`);
    assert.equal(below.projects.length, 1);
    assert.equal((await expect(200, 'GET', '/v3/projects?tags=a,b')).projects.length, 1);
    assert.equal((await expect(200, 'GET', '/v3/projects?not-tags-any=a&name=blue')).projects.length, 0);
    const shown = await expect(200, 'GET', `/v3/projects/${child.project.id}?parents_as_ids`);
    assert.deepEqual(shown.project.parents, { [project.id]: { default: null } });
    await expect(403, 'PATCH', `/v3/projects/${project.id}`, { body: { project: { enabled: false } } });
    await expect(403, 'DELETE', `/v3/projects/${project.id}`);
    const renamed = await expect(200, 'PATCH', `/v3/projects/${project.id}`, { body: { project: { name: 'azure' } } });
    assert.deepEqual([renamed.project.name, renamed.project.description], ['azure', 'first']);
    await expect(204, 'DELETE', `/v3/projects/${child.project.id}`);
    await expect(204, 'DELETE', `/v3/projects/${project.id}`);
    await expect(404, 'GET', `/v3/projects/${project.id}`);
  });

  test(`${name}: tags of a project`, async () => {
    const { expect } = bound(cloud());
    const { project } = await expect(201, 'POST', '/v3/projects', { body: { project: { name: 'tagged' } } });
    const tags = `/v3/projects/${project.id}/tags`;
    await expect(201, 'PUT', `${tags}/x`);
    await expect(204, 'GET', `${tags}/x`);
    await expect(404, 'GET', `${tags}/y`);
    assert.deepEqual((await expect(200, 'PUT', tags, { body: { tags: ['p', 'q'] } })).tags, ['p', 'q']);
    await expect(204, 'DELETE', `${tags}/p`);
    assert.deepEqual((await expect(200, 'GET', tags)).tags, ['q']);
    await expect(204, 'DELETE', tags);
    assert.deepEqual((await expect(200, 'GET', tags)).tags, []);
    await expect(204, 'DELETE', `/v3/projects/${project.id}`);
  });

  test(`${name}: a domain is deleted with all that is in it, once it is disabled`, async () => {
    const { expect } = bound(cloud());
    const { domain } = await expect(201, 'POST', '/v3/domains', { body: { domain: { name: 'acme' } } });
    const inside = { domain_id: domain.id };
    const { user } = await expect(201, 'POST', '/v3/users', { body: { user: { name: 'u', ...inside } } });
    const { group } = await expect(201, 'POST', '/v3/groups', { body: { group: { name: 'g', ...inside } } });
    const { project } = await expect(201, 'POST', '/v3/projects', { body: { project: { name: 'p', ...inside } } });
    const below = { name: 'below', parent_id: project.id, ...inside };
    const child = await expect(201, 'POST', '/v3/projects', { body: { project: below } });
    assert.equal(child.project.domain_id, domain.id);
    await expect(409, 'POST', '/v3/domains', { body: { domain: { name: 'acme' } } });
    await expect(403, 'DELETE', `/v3/domains/${domain.id}`);
    await expect(200, 'PATCH', `/v3/domains/${domain.id}`, { body: { domain: { enabled: false } } });
    await expect(204, 'DELETE', `/v3/domains/${domain.id}`);
    for (const url of [
      `users/${user.id}`,
      `groups/${group.id}`,
      `projects/${child.project.id}`,
      `domains/${domain.id}`,
    ])
      await expect(404, 'GET', `/v3/${url}`);
  });

  test(`${name}: a user logs in, changes the password, is disabled and deleted`, async () => {
    const keystone = cloud();
    const { expect } = bound(keystone);
    const wanted = { name: 'ann', password: 'one', email: 'ann@example.org', description: 'A' };
    const { user } = await expect(201, 'POST', '/v3/users', { body: { user: wanted } });
    assert.deepEqual([user.email, user.enabled, user.password_expires_at], ['ann@example.org', true, null]);
    assert.equal(JSON.stringify(user).includes('one"'), false);
    assert.equal('password' in user, false);
    const token = await keystone.logIn('ann', 'one');
    assert.equal((await keystone.call('GET', `/v3/users/${user.id}`, { token })).status, 200);
    const change = { user: { original_password: 'wrong', password: 'two' } };
    await expect(401, 'POST', `/v3/users/${user.id}/password`, { token: null, body: change });
    change.user.original_password = 'one';
    await expect(204, 'POST', `/v3/users/${user.id}/password`, { token: null, body: change });
    assert.equal((await keystone.call('GET', `/v3/users/${user.id}`, { token })).status, 401);
    await expect(401, 'POST', '/v3/auth/tokens', { token: null, body: passwordAuth('ann', 'one') });
    const second = await keystone.logIn('ann', 'two');
    assert.equal((await keystone.call('GET', `/v3/users/${user.id}`, { token: second })).status, 200);
    const updated = await expect(200, 'PATCH', `/v3/users/${user.id}`, {
      body: { user: { enabled: false, email: 'b@example.org' } },
    });
    assert.deepEqual(
      [updated.user.enabled, updated.user.email, updated.user.description],
      [false, 'b@example.org', 'A'],
    );
    await expect(401, 'GET', `/v3/users/${user.id}`, { token: second });
    await expect(401, 'POST', '/v3/auth/tokens', { token: null, body: passwordAuth('ann', 'two') });
    await expect(200, 'PATCH', `/v3/users/${user.id}`, { body: { user: { enabled: true } } });
    await expect(401, 'GET', `/v3/users/${user.id}`, { token: second });
    assert.equal((await expect(200, 'GET', '/v3/users?name=ann&enabled')).users.length, 1);
    assert.equal((await expect(200, 'GET', '/v3/users?name__startswith=an&enabled=false')).users.length, 0);
    assert.equal((await expect(200, 'GET', '/v3/users?password_expires_at=lt:2100-01-01T00:00:00Z')).users.length, 0);
    await expect(204, 'DELETE', `/v3/users/${user.id}`);
    await expect(404, 'DELETE', `/v3/users/${user.id}`);
  });

  test(`${name}: lists come in pages`, async () => {
    const { expect } = bound(cloud());
    const all = (await expect(200, 'GET', '/v3/users')).users.map((one: { id: string }) => one.id);
    assert.ok(all.length >= 4);
    const first = await expect(200, 'GET', '/v3/users?limit=2');
    assert.equal(first.users.length, 2);
    const next = new URL(first.links.next);
    const second = await expect(200, 'GET', `${next.pathname}${next.search}`);
    assert.deepEqual(
      [...first.users, ...second.users].map((one: { id: string }) => one.id),
      all.slice(0, 4),
    );
    await expect(400, 'GET', '/v3/users?limit=2&marker=nobody');
  });

  test(`${name}: members of groups`, async () => {
    const { expect } = bound(cloud());
    const { user } = await expect(201, 'POST', '/v3/users', { body: { user: { name: 'bob' } } });
    const { group } = await expect(201, 'POST', '/v3/groups', { body: { group: { name: 'devs' } } });
    const member = `/v3/groups/${group.id}/users/${user.id}`;
    await expect(404, 'HEAD', member);
    await expect(204, 'PUT', member);
    await expect(204, 'PUT', member);
    await expect(204, 'HEAD', member);
    assert.deepEqual((await expect(200, 'GET', `/v3/groups/${group.id}/users`)).users[0].name, 'bob');
    assert.deepEqual((await expect(200, 'GET', `/v3/users/${user.id}/groups`)).groups[0].name, 'devs');
    await expect(204, 'DELETE', member);
    await expect(404, 'DELETE', member);
    const renamed = await expect(200, 'PATCH', `/v3/groups/${group.id}`, { body: { group: { description: 'd' } } });
    assert.deepEqual([renamed.group.name, renamed.group.description], ['devs', 'd']);
    await expect(204, 'DELETE', `/v3/groups/${group.id}`);
    await expect(204, 'DELETE', `/v3/users/${user.id}`);
  });
}

function bound(keystone: TestKeystone) {
  return { expect: keystone.expect.bind(keystone) };
}
