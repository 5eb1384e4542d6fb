/** Projects, domains, roles and what is given, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { assignmentListSuite } from './assignment-list-suite.ts';
import { grantsSuite } from './grants-suite.ts';
import { passwordAuth, TestKeystone } from './harness.ts';
import { hierarchySuite } from './hierarchy-suite.ts';
import { onKeystones } from './on-keystones.ts';

onKeystones('keystone trees and assignments', { changeCheckMs: 0 }, [hierarchySuite, assignmentListSuite, grantsSuite]);

test('names without what URLs reserve, depth and prohibited roles are settings', async () => {
  const keystone = await TestKeystone.start({
    config: {
      resource: { projectNameUrlSafe: 'new', domainNameUrlSafe: 'strict', maxProjectTreeDepth: 1 },
      assignment: { prohibitedImpliedRoles: ['member'] },
    },
  });
  try {
    const post = (status: number, kind: string, values: object) =>
      keystone.expect(status, 'POST', `/v3/${kind}s`, { body: { [kind]: values } });
    const refused = await post(400, 'project', { name: 'a/b?' });
    assert.equal(refused.error.message, 'Project name cannot contain the following reserved characters: /?');
    assert.match((await post(400, 'domain', { name: 'a:b' })).error.message, /Domain name cannot contain .*: :$/);
    const { project } = await post(201, 'project', { name: 'safe' });
    await keystone.expect(400, 'PATCH', `/v3/projects/${project.id}`, { body: { project: { name: 'un&safe' } } });
    await post(403, 'project', { name: 'below', parent_id: project.id });
    const { roles } = await keystone.expect(200, 'GET', '/v3/roles');
    const idOf = (name: string) => roles.find((one: { name: string }) => one.name === name).id;
    await keystone.expect(403, 'PUT', `/v3/roles/${idOf('service')}/implies/${idOf('member')}`);
    await keystone.expect(201, 'PUT', `/v3/roles/${idOf('service')}/implies/${idOf('admin')}`);
  } finally {
    await keystone.stop();
  }
});

test('OSSA-2014-015: a user and a group of one id stay apart', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-'));
  const path = join(dir, 'keystone.db');
  const keystone = await TestKeystone.start({ databaseUrl: `sqlite:${path}`, config: { changeCheckMs: 0 } });
  try {
    const { user } = await keystone.expect(201, 'POST', '/v3/users', {
      body: { user: { name: 'twin', password: 'pw' } },
    });
    const { project } = await keystone.expect(201, 'POST', '/v3/projects', { body: { project: { name: 'twins' } } });
    // As a directory might do: ids that are made here are never the same.
    const database = new DatabaseSync(path);
    database
      .prepare("insert into user_groups (id, domain_id, name, description) values (?, 'default', 'twin', '')")
      .run(user.id);
    database.close();
    const { roles } = await keystone.expect(200, 'GET', '/v3/roles?name=member');
    const onProject = `/v3/projects/${project.id}`;
    await keystone.expect(204, 'PUT', `${onProject}/groups/${user.id}/roles/${roles[0].id}`);
    const login = passwordAuth('twin', 'pw', { project: 'twins' });
    await keystone.expect(401, 'POST', '/v3/auth/tokens', { token: null, body: login });
    await keystone.expect(404, 'GET', `${onProject}/users/${user.id}/roles/${roles[0].id}`);
    await keystone.expect(404, 'DELETE', `${onProject}/users/${user.id}/roles/${roles[0].id}`);
    assert.deepEqual((await keystone.expect(200, 'GET', `${onProject}/users/${user.id}/roles`)).roles, []);
    assert.deepEqual((await keystone.expect(200, 'GET', `/v3/users/${user.id}/projects`)).projects, []);
    for (const query of ['', 'effective&'])
      assert.deepEqual(
        (await keystone.expect(200, 'GET', `/v3/role_assignments?${query}user.id=${user.id}`)).role_assignments,
        [],
      );
    await keystone.expect(204, 'PUT', `${onProject}/users/${user.id}/roles/${roles[0].id}`);
    await keystone.expect(204, 'DELETE', `/v3/groups/${user.id}`);
    await keystone.expect(204, 'GET', `${onProject}/users/${user.id}/roles/${roles[0].id}`);
    await keystone.expect(201, 'POST', '/v3/auth/tokens', { token: null, body: login });
  } finally {
    await keystone.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
