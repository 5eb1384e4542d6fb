/** No list of the identity service reads a table from end to end, or sorts more than it shows, whatever it is filtered by. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { columnsNotLookedUp, growingSteps, listUrls, StatementRecorder } from '../../core/src/testing/query-plans.ts';
import { keystoneApi } from '../src/api/index.ts';
import { passwordAuth, TestKeystone } from './harness.ts';

const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-plans-'));
const path = join(dir, 'keystone.db');
const recorder = new StatementRecorder();
let keystone: TestKeystone;
const values = new Map([
  ['domain_id', 'default'],
  ['interface', 'public'],
  ['since', '2026-11-22T15:00:00.000000Z'],
  ['password_expires_at', 'lt:2026-11-22T15:00:00Z'],
  ['enabled', 'true'],
]);

before(async () => {
  keystone = await TestKeystone.start({ databaseUrl: `sqlite:${path}` });
  const make = async (kind: string, values: object) =>
    (await keystone.expect(201, 'POST', `/v3/${kind}s`, { body: { [kind]: values } }))[kind].id as string;
  const { users } = await keystone.expect(200, 'GET', '/v3/users?name=admin');
  values.set('user_id', users[0].id);
  values.set('service_id', (await keystone.expect(200, 'GET', '/v3/services')).services[0].id);
  values.set('group_id', await make('group', { name: 'g' }));
  values.set('project_id', await make('project', { name: 'p' }));
});
after(async () => {
  await keystone.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Tables whose size does not follow that of the cloud, or is bounded by its configuration. */
const SMALL = /from "(?:services|endpoints|regions|roles|implied_roles|policies|registered_limits|endpoint_groups)"/;
/** A text anywhere in a name is looked for in all names, on every database. */
const IS_SEARCH = /__\w+$/;
/** Of users of other identity providers, of whom there are none: answered without looking. */
const FEDERATION = new Set(['idp_id', 'protocol_id', 'unique_id']);
/**
 * Sorted as a whole although a page is shown: a user's credentials are few; a project has as many limits as there are kinds
 * (by kind, there are as many as projects with their own).
 */
const FEW = /^USE TEMP B-TREE.* from "(?:limits|credentials)" /;

/** Of which there are many values: what is looked for by one of them is little. */
const NARROW = ['name', 'parent_id', 'domain_id', 'user_id', 'group_id', 'project_id', 'actor_id', 'target_id'];

function problemsOf(statements: readonly string[]): string[] {
  const large = statements.filter((statement) => !SMALL.test(statement));
  return large.flatMap((statement) => [
    ...growingSteps(path, statement).map((step) => `${step}: ${statement}`),
    ...columnsNotLookedUp(path, statement, NARROW).map((column) => `not by ${column}: ${statement}`),
  ]);
}

test('a statement without an index is noticed', () => {
  const statement = 'select * from "users" where "created_at" = ? limit 3';
  assert.deepEqual(growingSteps(path, statement).length, 1);
  assert.deepEqual(growingSteps(path, 'select * from "users" where "domain_id" = ? order by "id" limit 3'), []);
});

/** The API's module exports schemas as well. */
const operations = Object.values(keystoneApi).filter((one) => 'method' in one && 'path' in one);

test('lists with each of their filters', async (t) => {
  const urls = listUrls(operations, (parameter) => values.get(parameter) ?? 'none');
  assert.ok(urls.length > 40, `${urls.length}`);
  for (const { operation, filter, url } of urls) {
    if (IS_SEARCH.test(filter) || FEDERATION.has(filter)) continue;
    await t.test(`${operation} by ${filter || 'nothing'}`, async () => {
      const statements = await recorder.during((headers) => keystone.expect(200, 'GET', url, { headers }));
      const found = problemsOf(statements).filter((one) => !FEW.test(one));
      assert.deepEqual(found, []);
    });
  }
});

test('lists by what is narrow and what is not together', async () => {
  const { project_id, domain_id } = Object.fromEntries(values) as Record<string, string>;
  for (const query of [
    `projects?domain_id=${domain_id}&enabled=true&limit=2`,
    `projects?parent_id=${project_id}&enabled=false&limit=2`,
    'projects?name=x&enabled=true&limit=2',
    'projects?is_domain=true&name=x&limit=2',
    'domains?name=x&enabled=true&limit=2',
    `users?domain_id=${domain_id}&enabled=true&limit=2`,
    'users?name=x&enabled=true&limit=2',
  ]) {
    const statements = await recorder.during((headers) => keystone.expect(200, 'GET', `/v3/${query}`, { headers }));
    assert.deepEqual(problemsOf(statements), [], query);
  }
});

test('role assignments by each filter', async (t) => {
  const { user_id, group_id, project_id } = Object.fromEntries(values) as Record<string, string>;
  const role = (await keystone.expect(200, 'GET', '/v3/roles?name=member')).roles[0].id;
  for (const query of [
    `user.id=${user_id}`,
    `group.id=${group_id}`,
    `role.id=${role}`,
    `scope.project.id=${project_id}`,
    `scope.project.id=${project_id}&include_subtree`,
    'scope.domain.id=default',
    'scope.system=all',
    'scope.OS-INHERIT:inherited_to=projects',
    `effective&user.id=${user_id}`,
    `effective&scope.project.id=${project_id}`,
    `effective&scope.project.id=${project_id}&include_subtree`,
    `effective&scope.project.id=${project_id}&user.id=${user_id}&include_names`,
    'effective&scope.domain.id=default',
  ]) {
    await t.test(query, async () => {
      const url = `/v3/role_assignments?${query}`;
      const statements = await recorder.during((headers) => keystone.expect(200, 'GET', url, { headers }));
      assert.ok(statements.length > 0);
      // What is given at one place or to one actor is sorted as a whole: it is shown as a whole.
      const found = problemsOf(statements).filter((one) => !/^USE TEMP B-TREE.*from "assignments"/.test(one));
      assert.deepEqual(found, []);
    });
  }
});

test('what a user can do, at login and in lists of its own', async () => {
  const statements = await recorder.during(async (headers) => {
    const body = passwordAuth('demo', 'demo-secret', { project: 'demo' });
    await keystone.expect(201, 'POST', '/v3/auth/tokens', { token: null, body, headers });
    for (const url of [
      'auth/projects',
      'auth/domains',
      `users/${values.get('user_id')}/projects`,
      `projects/${values.get('project_id')}?parents_as_list&subtree_as_list`,
    ])
      await keystone.expect(200, 'GET', `/v3/${url}`, { headers });
  });
  assert.ok(statements.length > 5);
  const found = problemsOf(statements).filter((one) => !/^USE TEMP B-TREE.*from "(?:above|assignments)"/.test(one));
  assert.deepEqual(found, []);
});
