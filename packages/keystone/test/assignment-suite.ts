import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';

interface Listed {
  role: { id: string; name?: string };
  scope: { project?: { id: string; name?: string } };
  links: Record<string, string>;
  user?: { id: string; name?: string };
  group?: { id: string };
}

/** Roles, what they imply, and to whom they are given, on one database. */
export function assignmentSuite(name: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  const make = async (kind: string, values: object) =>
    (await expect(201, 'POST', `/v3/${kind}s`, { body: { [kind]: values } }))[kind];

  test(`${name}: roles and what they imply`, async () => {
    const [prior, implied] = [await make('role', { name: 'cook' }), await make('role', { name: 'taster' })];
    await expect(409, 'POST', '/v3/roles', { body: { role: { name: 'cook' } } });
    const one = `/v3/roles/${prior.id}/implies/${implied.id}`;
    await expect(404, 'HEAD', one);
    const made = await expect(201, 'PUT', one);
    assert.deepEqual([made.role_inference.prior_role.name, made.role_inference.implies.name], ['cook', 'taster']);
    await expect(409, 'PUT', one);
    await expect(204, 'HEAD', one);
    const all = await expect(200, 'GET', '/v3/role_inferences');
    const names = all.role_inferences.map((entry: { prior_role: { name: string }; implies: { name: string }[] }) => [
      entry.prior_role.name,
      ...entry.implies.map((role) => role.name),
    ]);
    assert.deepEqual(names.toSorted(), [
      ['admin', 'manager'],
      ['cook', 'taster'],
      ['manager', 'member'],
      ['member', 'reader'],
    ]);
    const { roles } = await expect(200, 'GET', '/v3/roles?name=admin');
    await expect(403, 'PUT', `/v3/roles/${prior.id}/implies/${roles[0].id}`);
    await expect(204, 'DELETE', one);
    await expect(404, 'DELETE', one);
    await expect(204, 'DELETE', `/v3/roles/${prior.id}`);
    await expect(204, 'DELETE', `/v3/roles/${implied.id}`);
  });

  test(`${name}: a role given to a group on a domain reaches its members in projects below`, async () => {
    const keystone = cloud();
    const domain = await make('domain', { name: 'org' });
    const user = await make('user', { name: 'eve', domain_id: domain.id, password: 'pw' });
    const group = await make('group', { name: 'g', domain_id: domain.id });
    const project = await make('project', { name: 'p', domain_id: domain.id });
    const role = (await expect(200, 'GET', '/v3/roles?name=member')).roles[0];
    await expect(204, 'PUT', `/v3/groups/${group.id}/users/${user.id}`);
    const grant = `/v3/OS-INHERIT/domains/${domain.id}/groups/${group.id}/roles/${role.id}/inherited_to_projects`;
    await expect(404, 'HEAD', grant);
    await expect(204, 'PUT', grant);
    await expect(204, 'HEAD', grant);
    const auth = {
      identity: { methods: ['password'], password: { user: { id: user.id, password: 'pw' } } },
      scope: { project: { id: project.id } },
    };
    const answer = await keystone.call('POST', '/v3/auth/tokens', { token: null, body: { auth } });
    assert.equal(answer.status, 201);
    assert.deepEqual(
      answer.body.token.roles.map((one: { name: string }) => one.name),
      ['member', 'reader'],
    );
    const token = answer.headers['x-subject-token'] as string;
    const given = await expect(200, 'GET', `/v3/role_assignments?scope.domain.id=${domain.id}`);
    assert.equal(given.role_assignments.length, 1);
    assert.equal(given.role_assignments[0].group.id, group.id);
    const url = `/v3/role_assignments?effective&include_names&user.id=${user.id}`;
    const effective: Listed[] = (await expect(200, 'GET', url)).role_assignments;
    assert.deepEqual(effective.map((one) => [one.user?.name, one.role.name, one.scope.project?.name]).toSorted(), [
      ['eve', 'member', 'p'],
      ['eve', 'reader', 'p'],
    ]);
    assert.ok(effective.every((one) => one.links.membership?.endsWith(`/v3/groups/${group.id}/users/${user.id}`)));
    // Out of the group, out of the roles: the token ends with them.
    await expect(204, 'DELETE', `/v3/groups/${group.id}/users/${user.id}`);
    await expect(401, 'GET', '/v3/auth/projects', { token });
    await expect(204, 'DELETE', grant);
    await expect(404, 'DELETE', grant);
  });

  test(`${name}: roles on projects and on the system`, async () => {
    const keystone = cloud();
    const user = await make('user', { name: 'sam', password: 'pw' });
    const project = await make('project', { name: 'sams' });
    const roles = (await expect(200, 'GET', '/v3/roles')).roles as { id: string; name: string }[];
    const idOf = (role: string) => roles.find((one) => one.name === role)?.id;
    const onProject = `/v3/projects/${project.id}/users/${user.id}/roles`;
    await expect(204, 'PUT', `${onProject}/${idOf('member')}`);
    await expect(204, 'HEAD', `${onProject}/${idOf('member')}`);
    await expect(404, 'HEAD', `${onProject}/${idOf('admin')}`);
    await expect(404, 'PUT', `${onProject}/nothing`);
    assert.deepEqual(
      (await expect(200, 'GET', onProject)).roles.map((one: { name: string }) => one.name),
      ['member'],
    );
    const onSystem = `/v3/system/users/${user.id}/roles`;
    await expect(204, 'PUT', `${onSystem}/${idOf('reader')}`);
    assert.equal((await expect(200, 'GET', onSystem)).roles.length, 1);
    const token = await keystone.logIn('sam', 'pw', { system: { all: true } });
    await expect(200, 'GET', '/v3/users', { token });
    await expect(403, 'POST', '/v3/users', { token, body: { user: { name: 'x' } } });
    assert.deepEqual((await expect(200, 'GET', '/v3/auth/system', { token })).system, [{ all: true }]);
    await expect(204, 'DELETE', `${onSystem}/${idOf('reader')}`);
    await expect(401, 'GET', '/v3/users', { token });
    const mine = await expect(200, 'GET', `/v3/users/${user.id}/projects`);
    assert.deepEqual(
      mine.projects.map((one: { name: string }) => one.name),
      ['sams'],
    );
    await expect(400, 'GET', `/v3/role_assignments?user.id=a&group.id=b`);
    await expect(400, 'GET', `/v3/role_assignments?include_subtree`);
    await expect(204, 'DELETE', `/v3/users/${user.id}`);
    assert.equal(
      (await expect(200, 'GET', `/v3/role_assignments?scope.project.id=${project.id}`)).role_assignments.length,
      0,
    );
    await expect(204, 'DELETE', `/v3/projects/${project.id}`);
  });
}
