import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';

const BASE = 'http://localhost:80/v3';

/** `GET /v3/role_assignments` whole, what goes with what is deleted, and advisories; on one database. */
export function assignmentListSuite(name: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  const make = async (kind: string, values: object): Promise<string> =>
    (await expect(201, 'POST', `/v3/${kind}s`, { body: { [kind]: values } }))[kind].id;
  const put = (path: string) => expect(204, 'PUT', `/v3/${path}`);
  const list = async (query: string, token?: string) =>
    (await expect(200, 'GET', `/v3/role_assignments?${query}`, token === undefined ? {} : { token })).role_assignments;
  const roleId = async (role: string): Promise<string> =>
    (await expect(200, 'GET', `/v3/roles?name=${role}`)).roles[0].id;
  const dropDomain = async (id: string) => {
    await expect(200, 'PATCH', `/v3/domains/${id}`, { body: { domain: { enabled: false } } });
    await expect(204, 'DELETE', `/v3/domains/${id}`);
  };

  test(`${name}: role assignments, by each filter, with links to where they were made`, async () => {
    const domain = await make('domain', { name: 'lists' });
    const inside = { domain_id: domain };
    const top = await make('project', { name: 'top', ...inside });
    const below = await make('project', { name: 'below', parent_id: top, ...inside });
    const user = await make('user', { name: 'lena', password: 'pw', ...inside });
    const group = await make('group', { name: 'g', ...inside });
    await put(`groups/${group}/users/${user}`);
    const [member, reader] = [await roleId('member'), await roleId('reader')];
    await put(`projects/${top}/users/${user}/roles/${reader}`);
    await put(`OS-INHERIT/projects/${top}/groups/${group}/roles/${member}/inherited_to_projects`);
    await put(`domains/${domain}/users/${user}/roles/${reader}`);
    await put(`system/groups/${group}/roles/${reader}`);
    const ofUser = { user: { id: user } };
    const direct = {
      role: { id: reader },
      ...ofUser,
      scope: { project: { id: top } },
      links: { assignment: `${BASE}/projects/${top}/users/${user}/roles/${reader}` },
    };
    const onDomain = {
      role: { id: reader },
      ...ofUser,
      scope: { domain: { id: domain } },
      links: { assignment: `${BASE}/domains/${domain}/users/${user}/roles/${reader}` },
    };
    const inherited = {
      role: { id: member },
      group: { id: group },
      scope: { project: { id: top }, 'OS-INHERIT:inherited_to': 'projects' },
      links: { assignment: `${BASE}/OS-INHERIT/projects/${top}/groups/${group}/roles/${member}/inherited_to_projects` },
    };
    const onSystem = {
      role: { id: reader },
      group: { id: group },
      scope: { system: { all: true } },
      links: { assignment: `${BASE}/system/groups/${group}/roles/${reader}` },
    };
    same(await list(`user.id=${user}`), [direct, onDomain]);
    same(await list(`group.id=${group}`), [inherited, onSystem]);
    same(await list(`scope.project.id=${top}`), [direct, inherited]);
    same(await list(`scope.project.id=${top}&role.id=${member}`), [inherited]);
    same(await list(`scope.domain.id=${domain}`), [onDomain]);
    same(await list(`scope.system=all&group.id=${group}`), [onSystem]);
    same(await list(`scope.OS-INHERIT:inherited_to=projects&group.id=${group}`), [inherited]);
    same(await list(`scope.OS-INHERIT:inherited_to=none&group.id=${group}`), [onSystem]);
    same(await list(`scope.project.id=${below}`), []);
    same(await list(`scope.project.id=${top}&include_subtree&user.id=${user}`), [direct]);
    const reached = {
      role: { id: member },
      ...ofUser,
      scope: { project: { id: below }, 'OS-INHERIT:inherited_to': 'projects' },
      links: { ...inherited.links, membership: `${BASE}/groups/${group}/users/${user}` },
    };
    // Keystone's link from a role to the one that implies it names them in this order.
    const implied = {
      ...reached,
      role: { id: reader },
      links: { ...reached.links, prior_role: `${BASE}/prior_role/${reader}/implies/${member}` },
    };
    same(await list(`effective&scope.project.id=${below}`), [reached, implied]);
    same(await list(`effective&scope.project.id=${below}&role.id=${reader}`), [implied]);
    same(await list(`effective&user.id=${user}`), [direct, onDomain, reached, implied]);
    same(await list(`effective&user.id=${user}&scope.OS-INHERIT:inherited_to=projects`), [reached, implied]);
    same(await list(`effective&user.id=${user}&scope.domain.id=${domain}`), [onDomain]);
    same(await list(`effective&user.id=${user}&scope.project.id=${top}&include_subtree`), [direct, reached, implied]);
    const [named] = await list(`effective&include_names&scope.project.id=${below}&role.id=${member}`);
    const ownDomain = { id: domain, name: 'lists' };
    assert.deepEqual(named.user, { id: user, name: 'lena', domain: ownDomain });
    assert.deepEqual(named.role, { id: member, name: 'member' });
    assert.deepEqual(named.scope.project, { id: below, name: 'below', domain: ownDomain });
    assert.deepEqual((await list(`include_names&scope.domain.id=${domain}`))[0].scope.domain, ownDomain);
    await expect(404, 'GET', '/v3/role_assignments?effective&user.id=nobody');
    await expect(404, 'GET', '/v3/role_assignments?effective&scope.project.id=nothing');
    await expect(404, 'GET', '/v3/role_assignments?include_subtree&scope.project.id=nothing');
    same(await list('user.id=nobody'), []);
    // A domain's reader is shown that domain, whatever else there is.
    const identity = { methods: ['password'], password: { user: { id: user, password: 'pw' } } };
    const body = { auth: { identity, scope: { domain: { id: domain } } } };
    const { headers } = await cloud().call('POST', '/v3/auth/tokens', { token: null, body });
    const token = headers['x-subject-token'] as string;
    same(await list('', token), [direct, onDomain, inherited]);
    same(await list(`user.id=${user}`, token), [direct, onDomain]);
    same(await list('scope.system=all', token), []);
    same(await list('scope.domain.id=default', token), []);
    same(await list(`effective&scope.project.id=${below}`, token), [reached, implied]);
    same(await list(`include_subtree&scope.project.id=${top}`, token), [direct, inherited]);
    await dropDomain(domain);
  });

  test(`${name}: what cannot be asked together is refused`, async () => {
    for (const [query, words] of [
      ['user.id=a&group.id=b', 'Specify a user or group, not both'],
      ['scope.project.id=a&scope.domain.id=b', 'Specify a domain or project, not both'],
      ['scope.system=all&scope.domain.id=b', 'Specify system or domain, not both'],
      ['scope.system=all&scope.project.id=b', 'Specify system or project, not both'],
      ['effective&group.id=b', 'Combining effective and group filter will always result in an empty list.'],
      [
        'effective&scope.domain.id=b&scope.OS-INHERIT:inherited_to=projects',
        'Combining effective, domain and inherited filters will always result in an empty list.',
      ],
      ['include_subtree', 'scope.project.id must be specified if include_subtree is also specified'],
    ] as const)
      assert.equal((await expect(400, 'GET', `/v3/role_assignments?${query}`)).error.message, words);
    // 0 is the only way to say no.
    await expect(200, 'GET', '/v3/role_assignments?effective=0&group.id=b');
    await expect(400, 'GET', '/v3/role_assignments?effective=false&group.id=b');
  });

  test(`${name}: nothing is left of what is deleted`, async () => {
    const domain = await make('domain', { name: 'going' });
    const inside = { domain_id: domain };
    const member = await roleId('member');
    const own = await make('role', { name: 'brief' });
    for (const kind of ['user', 'group', 'project', 'role'] as const) {
      const made = { user: '', group: '', project: '', role: own };
      for (const one of ['user', 'group', 'project'] as const)
        made[one] = await make(one, { name: `${one}-of-${kind}`, ...inside });
      const { user, group, project } = made;
      await put(`groups/${group}/users/${user}`);
      const given = [
        `projects/${project}/users/${user}/roles/${own}`,
        `OS-INHERIT/projects/${project}/groups/${group}/roles/${own}/inherited_to_projects`,
        `domains/${domain}/groups/${group}/roles/${member}`,
        `system/users/${user}/roles/${own}`,
      ];
      for (const path of given) await put(path);
      await expect(204, 'DELETE', `/v3/${kind}s/${made[kind]}`);
      await expect(404, 'GET', `/v3/${kind}s/${made[kind]}`);
      const text = JSON.stringify(await list(''));
      assert.ok(!text.includes(made[kind]), `${kind} is still in ${text}`);
      if (kind === 'user') assert.deepEqual((await expect(200, 'GET', `/v3/groups/${group}/users`)).users, []);
      if (kind === 'group') assert.deepEqual((await expect(200, 'GET', `/v3/users/${user}/groups`)).groups, []);
    }
    await dropDomain(domain);
    assert.ok(!JSON.stringify(await list('')).includes(domain));
  });

  test(`OSSA-2013-028: taking away what was not given is 404 and gives nothing (${name})`, async () => {
    const [user, group, project] = [
      await make('user', { name: 'absent' }),
      await make('group', { name: 'absent' }),
      await make('project', { name: 'absent' }),
    ];
    const role = await roleId('admin');
    for (const actor of [`users/${user}`, `groups/${group}`])
      for (const path of [
        `projects/${project}/${actor}/roles/${role}`,
        `domains/default/${actor}/roles/${role}`,
        `system/${actor}/roles/${role}`,
        `OS-INHERIT/projects/${project}/${actor}/roles/${role}/inherited_to_projects`,
        `OS-INHERIT/domains/default/${actor}/roles/${role}/inherited_to_projects`,
      ]) {
        const { error } = await expect(404, 'DELETE', `/v3/${path}`);
        assert.match(error.message, /^Could not find role assignment with role: /);
        for (const method of ['GET', 'HEAD']) await expect(404, method, `/v3/${path}`);
      }
    same(await list(`user.id=${user}`), []);
    same(await list(`group.id=${group}`), []);
    // What is given may be given again, and is there once.
    const path = `projects/${project}/users/${user}/roles/${role}`;
    await put(path);
    await put(path);
    for (const method of ['GET', 'HEAD']) await expect(204, method, `/v3/${path}`);
    assert.equal((await list(`user.id=${user}`)).length, 1);
    for (const kind of [`users/${user}`, `groups/${group}`, `projects/${project}`])
      await expect(204, 'DELETE', `/v3/${kind}`);
  });

  test(`OSSA-2012-014, OSSA-2018-002: a role taken away is gone from older tokens, and from the own projects (${name})`, async () => {
    const user = await make('user', { name: 'lost', password: 'pw' });
    const [kept, lost] = [await make('project', { name: 'kept' }), await make('project', { name: 'lost' })];
    const [member, manager] = [await roleId('member'), await roleId('manager')];
    for (const project of [kept, lost]) await put(`projects/${project}/users/${user}/roles/${member}`);
    await put(`projects/${kept}/users/${user}/roles/${manager}`);
    const [token, gone] = [
      await cloud().logIn('lost', 'pw', { project: 'kept' }),
      await cloud().logIn('lost', 'pw', { project: 'lost' }),
    ];
    const rolesOf = async () => {
      const { token: shown } = await expect(200, 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': token } });
      return shown.roles.map((one: { name: string }) => one.name);
    };
    const own = async () =>
      (await expect(200, 'GET', '/v3/auth/projects', { token })).projects
        .map((one: { id: string }) => one.id)
        .toSorted();
    assert.deepEqual(await rolesOf(), ['manager', 'member', 'reader']);
    assert.deepEqual(await own(), [kept, lost].toSorted());
    await expect(204, 'DELETE', `/v3/projects/${kept}/users/${user}/roles/${manager}`);
    await expect(204, 'DELETE', `/v3/projects/${lost}/users/${user}/roles/${member}`);
    assert.deepEqual(await rolesOf(), ['member', 'reader']);
    assert.deepEqual(await own(), [kept]);
    await expect(404, 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': gone } });
    await expect(401, 'GET', '/v3/auth/projects', { token: gone });
    // Not more than the own ones, for an admin either.
    assert.ok((await expect(200, 'GET', '/v3/projects')).projects.length > 3);
    const ofAdmin = (await expect(200, 'GET', '/v3/auth/projects')).projects.map((one: { name: string }) => one.name);
    assert.deepEqual(ofAdmin.toSorted(), ['admin', 'demo']);
    for (const kind of [`users/${user}`, `projects/${kept}`, `projects/${lost}`])
      await expect(204, 'DELETE', `/v3/${kind}`);
  });

  test(`OSSA-2012-015: nobody without a token sees or changes what is given (${name})`, async () => {
    const anonymous = { token: null };
    for (const path of [
      'projects/p/users/u/roles',
      'domains/d/groups/g/roles',
      'system/users/u/roles',
      'role_assignments',
      'roles',
    ])
      await expect(401, 'GET', `/v3/${path}`, anonymous);
    for (const method of ['PUT', 'DELETE', 'GET', 'HEAD'])
      await expect(401, method, '/v3/projects/p/users/u/roles/r', anonymous);
  });
}

type Listed = Record<string, unknown>;

/** The same entries in whatever order. */
function same(found: readonly Listed[], wanted: readonly Listed[]): void {
  const sorted = (entries: readonly Listed[]) =>
    entries.map((one) => JSON.stringify(one, Object.keys(flatKeys(one)).toSorted())).toSorted();
  assert.deepEqual(sorted(found), sorted(wanted));
}

function flatKeys(value: unknown, keys: Record<string, true> = {}): Record<string, true> {
  if (typeof value !== 'object' || value === null) return keys;
  for (const [key, inner] of Object.entries(value)) {
    keys[key] = true;
    flatKeys(inner, keys);
  }
  return keys;
}
