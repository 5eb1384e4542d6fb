import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';

/** Trees of projects, their options and tags, domains and domain's roles, as Keystone has them; on one database. */
export function hierarchySuite(name: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  const make = async (kind: string, values: object) =>
    (await expect(201, 'POST', `/v3/${kind}s`, { body: { [kind]: values } }))[kind];
  const patch = (status: number, kind: string, id: string, values: object) =>
    expect(status, 'PATCH', `/v3/${kind}s/${id}`, { body: { [kind]: values } });
  const message = async (status: number, method: string, url: string, body?: object): Promise<string> =>
    (await expect(status, method, url, body ? { body } : {})).error.message;

  test(`${name}: relatives as ids are all, as lists those in which one has a role`, async () => {
    const domain = await make('domain', { name: 'tree' });
    const inside = { domain_id: domain.id };
    const a = await make('project', { name: 'a', ...inside });
    const b = await make('project', { name: 'b', parent_id: a.id, ...inside });
    const c = await make('project', { name: 'c', parent_id: b.id, tags: ['t'], ...inside });
    const show = async (id: string, query: string) => (await expect(200, 'GET', `/v3/projects/${id}?${query}`)).project;
    assert.deepEqual((await show(c.id, 'parents_as_ids')).parents, { [b.id]: { [a.id]: { [domain.id]: null } } });
    assert.deepEqual((await show(a.id, 'subtree_as_ids')).subtree, { [b.id]: { [c.id]: null } });
    assert.equal((await show(c.id, 'subtree_as_ids')).subtree, null);
    assert.deepEqual((await show(c.id, 'parents_as_list')).parents, []);
    const { users } = await expect(200, 'GET', '/v3/users?name=admin');
    const { roles } = await expect(200, 'GET', '/v3/roles?name=member');
    await expect(
      204,
      'PUT',
      `/v3/OS-INHERIT/projects/${a.id}/users/${users[0].id}/roles/${roles[0].id}/inherited_to_projects`,
    );
    const ids = (list: { project: { id: string } }[]) => list.map((one) => one.project.id);
    assert.deepEqual(ids((await show(c.id, 'parents_as_list')).parents), [b.id]);
    const { subtree } = await show(a.id, 'subtree_as_list');
    assert.deepEqual(ids(subtree), [b.id, c.id]);
    assert.deepEqual(subtree[1].project.tags, ['t']);
    assert.equal('limits' in subtree[0].project, false);
    assert.match(
      await message(400, 'GET', `/v3/projects/${c.id}?parents_as_list&parents_as_ids`),
      /Cannot use parents_as_list and parents_as_ids/,
    );
    await expect(400, 'GET', `/v3/projects/${c.id}?subtree_as_list&subtree_as_ids`);
    await patch(200, 'domain', domain.id, { enabled: false });
    await expect(204, 'DELETE', `/v3/domains/${domain.id}`);
  });

  test(`${name}: a branch is enabled from above and disabled from below`, async () => {
    const a = await make('project', { name: 'branch' });
    const b = await make('project', { name: 'twig', parent_id: a.id });
    assert.match(
      await message(403, 'PATCH', `/v3/projects/${a.id}`, { project: { enabled: false } }),
      /since its subtree contains enabled projects/,
    );
    assert.match(await message(403, 'DELETE', `/v3/projects/${a.id}`), /not a leaf in the hierarchy/);
    await patch(200, 'project', b.id, { enabled: false });
    await patch(200, 'project', a.id, { enabled: false });
    assert.match(
      await message(403, 'PATCH', `/v3/projects/${b.id}`, { project: { enabled: true } }),
      /has disabled parents/,
    );
    assert.match(
      await message(400, 'POST', '/v3/projects', { project: { name: 'leaf', parent_id: b.id } }),
      /branch containing a disabled project/,
    );
    await patch(200, 'project', a.id, { enabled: true });
    await patch(200, 'project', b.id, { enabled: true });
    await expect(204, 'DELETE', `/v3/projects/${b.id}`);
    await expect(204, 'DELETE', `/v3/projects/${a.id}`);
  });

  test(`${name}: nothing stays enabled below a project that is disabled at the same time`, async () => {
    for (let at = 0; at < 8; at += 1) {
      const parent = await make('project', { name: `raced-${at}` });
      const child = { project: { name: `racer-${at}`, parent_id: parent.id } };
      const [made, disabled] = await Promise.all([
        cloud().call('POST', '/v3/projects', { body: child }),
        cloud().call('PATCH', `/v3/projects/${parent.id}`, { body: { project: { enabled: false } } }),
      ]);
      assert.deepEqual([made.status, disabled.status].toSorted(), made.status === 201 ? [201, 403] : [200, 400]);
      if (made.status === 201) await expect(204, 'DELETE', `/v3/projects/${made.body.project.id}`);
      await expect(204, 'DELETE', `/v3/projects/${parent.id}`);
    }
  });

  test(`${name}: a project stays where it is, and trees end at the fifth project`, async () => {
    const ids: string[] = [];
    for (let depth = 1; depth <= 5; depth += 1)
      ids.push(
        (await make('project', { name: `level-${depth}`, ...(ids.length > 0 && { parent_id: ids.at(-1) }) })).id,
      );
    assert.match(
      await message(403, 'POST', '/v3/projects', { project: { name: 'level-6', parent_id: ids[4] } }),
      /Max hierarchy depth reached/,
    );
    assert.match(
      await message(403, 'PATCH', `/v3/projects/${ids[1]}`, { project: { parent_id: 'default' } }),
      /parent_id/,
    );
    assert.match(
      await message(400, 'PATCH', `/v3/projects/${ids[1]}`, { project: { domain_id: 'other' } }),
      /Domain ID/,
    );
    assert.match(await message(400, 'PATCH', `/v3/projects/${ids[1]}`, { project: { is_domain: true } }), /is_domain/);
    assert.match(
      await message(400, 'PATCH', `/v3/projects/${ids[1]}`, { project: { id: 'other' } }),
      /Cannot change ID/,
    );
    for (const wrong of [
      { parent_id: 'nowhere' },
      { domain_id: 'nowhere' },
      { domain_id: 'default', is_domain: true },
      { parent_id: ids[0], domain_id: 'x' },
    ])
      await expect(400, 'POST', '/v3/projects', { body: { project: { name: 'lost', ...wrong } } });
    for (const id of ids.reverse()) await expect(204, 'DELETE', `/v3/projects/${id}`);
  });

  test(`${name}: what is immutable is unlocked by itself, then changed`, async () => {
    const domain = await make('domain', { name: 'locked', options: { immutable: true } });
    const project = await make('project', { name: 'locked', options: { immutable: true } });
    const role = await make('role', { name: 'locked', options: { immutable: true } });
    for (const [kind, { id }] of [
      ['domain', domain],
      ['project', project],
      ['role', role],
    ] as const) {
      const url = `/v3/${kind}s/${id}`;
      const refused = await message(403, 'PATCH', url, { [kind]: { description: 'x' } });
      assert.equal(
        refused,
        `Unable to update immutable ${kind} resource: \`${id}. Set resource option "immutable" to false first.`,
      );
      await patch(403, kind, id, { options: { immutable: false }, description: 'x' });
      await patch(403, kind, id, { options: {} });
      await patch(400, kind, id, { options: { unknown: true } });
      await patch(400, kind, id, { options: { immutable: 'yes' } });
      assert.match(await message(403, 'DELETE', url), /Unable to delete immutable/);
      assert.deepEqual((await patch(200, kind, id, { options: { immutable: false } }))[kind].options, {
        immutable: false,
      });
      assert.deepEqual((await patch(200, kind, id, { options: { immutable: null } }))[kind].options, {});
      await patch(200, kind, id, { options: { immutable: true } });
    }
    for (const [method, path, body] of [
      ['PUT', '/x', undefined],
      ['PUT', '', { tags: [] }],
      ['DELETE', '/x', undefined],
      ['DELETE', '', undefined],
    ] as const)
      assert.match(await message(403, method, `/v3/projects/${project.id}/tags${path}`, body), /project is immutable/);
    for (const [kind, { id }] of [
      ['domain', domain],
      ['project', project],
      ['role', role],
    ] as const) {
      await patch(200, kind, id, { options: { immutable: null } });
      if (kind === 'domain') await patch(200, kind, id, { enabled: false });
      await expect(204, 'DELETE', `/v3/${kind}s/${id}`);
    }
  });

  test(`${name}: a domain is a project, and the other way round`, async () => {
    const project = await make('project', { name: 'acts', is_domain: true, tags: ['d'] });
    assert.deepEqual([project.domain_id, project.parent_id, project.is_domain], [null, null, true]);
    const { domain } = await expect(200, 'GET', `/v3/domains/${project.id}`);
    assert.deepEqual(
      [domain.name, domain.tags, 'is_domain' in domain, 'parent_id' in domain],
      ['acts', ['d'], false, false],
    );
    const listed = await expect(200, 'GET', '/v3/projects?is_domain=true&name=acts');
    assert.equal(listed.projects[0].id, project.id);
    assert.equal((await expect(200, 'GET', '/v3/projects?name=acts')).projects.length, 0);
    await expect(409, 'POST', '/v3/domains', { body: { domain: { name: 'acts' } } });
    await expect(409, 'POST', '/v3/projects', { body: { project: { name: 'acts', is_domain: true } } });
    await expect(403, 'DELETE', `/v3/projects/${project.id}`);
    await patch(200, 'project', project.id, { enabled: false, name: ' acted ' });
    assert.equal((await expect(200, 'GET', `/v3/domains/${project.id}`)).domain.name, 'acted');
    await expect(204, 'DELETE', `/v3/projects/${project.id}`);
    await expect(404, 'GET', `/v3/domains/${project.id}`);
    const own = 'ab'.repeat(16);
    assert.equal((await make('domain', { name: 'own', explicit_domain_id: own, colour: 'red' })).colour, 'red');
    assert.match(
      await message(400, 'POST', '/v3/domains', { domain: { name: 'own2', explicit_domain_id: 'short' } }),
      /required UUID format/,
    );
    await patch(200, 'domain', own, { enabled: false });
    await expect(204, 'DELETE', `/v3/domains/${own}`);
    await patch(400, 'domain', 'default', {});
    await patch(404, 'domain', 'nothing', {});
  });

  test(`${name}: tags are looked for in four ways`, async () => {
    const inside = { domain_id: (await make('domain', { name: 'tags' })).id };
    const both = await make('project', { name: 'both', tags: ['x', 'y'], ...inside });
    const one = await make('project', { name: 'one', tags: ['x'], ...inside });
    const none = await make('project', { name: 'none', ...inside });
    const found = async (query: string) => {
      const { projects } = await expect(200, 'GET', `/v3/projects?domain_id=${inside.domain_id}&${query}`);
      return projects.map((project: { id: string }) => project.id).toSorted();
    };
    assert.deepEqual(await found('tags=x,y'), [both.id]);
    assert.deepEqual(await found('tags-any=x,y'), [both.id, one.id].toSorted());
    assert.deepEqual(await found('not-tags=x,y'), [one.id, none.id].toSorted());
    assert.deepEqual(await found('not-tags-any=x,y'), [none.id]);
    const tags = `/v3/projects/${one.id}/tags`;
    await expect(400, 'PUT', `${tags}/x`);
    await expect(400, 'PUT', `${tags}/a,b`);
    await expect(201, 'PUT', `${tags}/${encodeURIComponent('über all')}`);
    assert.deepEqual((await expect(200, 'GET', tags)).tags, ['x', 'über all']);
    const many = Array.from({ length: 80 }, (_, at) => `t${at}`);
    await expect(200, 'PUT', tags, { body: { tags: many } });
    await expect(400, 'PUT', `${tags}/more`);
    await expect(400, 'PUT', tags, { body: { tags: [...many, 'more'] } });
    await expect(400, 'PUT', tags, { body: { tags: ['same', 'same'] } });
    assert.deepEqual((await patch(200, 'project', one.id, { tags: ['new'] })).project.tags, ['new']);
    await patch(200, 'domain', inside.domain_id, { enabled: false });
    await expect(204, 'DELETE', `/v3/domains/${inside.domain_id}`);
  });

  test(`${name}: a domain's role stands for what it implies, and only in its domain`, async () => {
    const domain = await make('domain', { name: 'own-roles' });
    const project = await make('project', { name: 'p', domain_id: domain.id });
    const elsewhere = await make('project', { name: 'elsewhere' });
    const user = await make('user', { name: 'dora', domain_id: domain.id });
    const own = await make('role', { name: 'cooks', domain_id: domain.id, colour: 'green' });
    assert.deepEqual([own.domain_id, own.colour], [domain.id, 'green']);
    const again = await make('role', { name: 'cooks' });
    const { roles } = await expect(200, 'GET', '/v3/roles?name=member');
    const listed = await expect(200, 'GET', `/v3/roles?domain_id=${domain.id}`);
    assert.deepEqual(
      listed.roles.map((one: { id: string }) => one.id),
      [own.id],
    );
    await patch(400, 'role', own.id, { domain_id: 'default' });
    await expect(201, 'PUT', `/v3/roles/${own.id}/implies/${roles[0].id}`);
    assert.match(await message(403, 'PUT', `/v3/roles/${again.id}/implies/${own.id}`), /Global role cannot imply/);
    assert.match(
      await message(403, 'PUT', `/v3/projects/${elsewhere.id}/users/${user.id}/roles/${own.id}`),
      /must be in the same domain as the role/,
    );
    assert.match(await message(400, 'PUT', `/v3/system/users/${user.id}/roles/${own.id}`), /domain-specific role/);
    await expect(204, 'PUT', `/v3/projects/${project.id}/users/${user.id}/roles/${own.id}`);
    const { role_assignments } = await expect(
      200,
      'GET',
      `/v3/role_assignments?effective&include_names&user.id=${user.id}`,
    );
    assert.deepEqual(role_assignments.map((one: { role: { name: string } }) => one.role.name).toSorted(), [
      'member',
      'reader',
    ]);
    await patch(200, 'domain', domain.id, { enabled: false });
    await expect(204, 'DELETE', `/v3/domains/${domain.id}`);
    await expect(404, 'GET', `/v3/roles/${own.id}`);
    await expect(204, 'DELETE', `/v3/roles/${again.id}`);
    await expect(204, 'DELETE', `/v3/projects/${elsewhere.id}`);
  });
}
