import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';
import { persona } from './persona.ts';

const NOBODY = 'f'.repeat(32);
const REGISTERED = '/v3/registered_limits';

type Expect = TestKeystone['expect'];

/** Registered limits and the limits of projects and domains, on one database; model flat. */
export function limitsSuite(name: string, cloud: () => TestKeystone): void {
  const expect: Expect = (...args) => cloud().expect(...args);
  registeredTests(name, expect);
  limitTests(name, expect);
  personaTests(name, cloud, expect);
}

export async function newService(expect: Expect): Promise<string> {
  return (await expect(201, 'POST', '/v3/services', { body: { service: { type: 'limited', name: 'l' } } })).service.id;
}

export async function register(expect: Expect, registered_limits: readonly object[]) {
  return (await expect(201, 'POST', REGISTERED, { body: { registered_limits } })).registered_limits;
}

export async function newProject(expect: Expect, values: object = {}) {
  return (await expect(201, 'POST', '/v3/projects', { body: { project: { name: crypto.randomUUID(), ...values } } }))
    .project;
}

function registeredTests(name: string, expect: Expect): void {
  test(`${name}: registered limits are made together, listed, changed and deleted`, async () => {
    const service_id = await newService(expect);
    await expect(201, 'PUT', '/v3/regions/lr', { body: { region: {} } });
    const [cores, ram] = await register(expect, [
      { service_id, region_id: 'lr', resource_name: 'cores', default_limit: 10 },
      { service_id, resource_name: 'ram', default_limit: -1, description: 'MiB' },
    ]);
    assert.deepEqual([cores.description, cores.region_id, ram.region_id], [null, 'lr', null]);
    const found = async (query: string) =>
      (await expect(200, 'GET', `${REGISTERED}?service_id=${service_id}${query}`)).registered_limits.map(
        (one: { resource_name: string }) => one.resource_name,
      );
    assert.deepEqual((await found('')).toSorted(), ['cores', 'ram']);
    assert.deepEqual(await found('&region_id=lr'), ['cores']);
    assert.deepEqual(await found('&resource_name=ram'), ['ram']);
    assert.deepEqual(await found('&resource_name__contains=or'), ['cores']);
    const one = `${REGISTERED}/${ram.id}`;
    assert.deepEqual((await expect(200, 'GET', one)).registered_limit, ram);
    await expect(200, 'HEAD', one);
    const body = { registered_limit: { default_limit: 0, region_id: 'lr', service_id } };
    const changed = (await expect(200, 'PATCH', one, { body })).registered_limit;
    assert.deepEqual([changed.default_limit, changed.region_id, changed.description], [0, 'lr', 'MiB']);
    await expect(409, 'PATCH', one, { body: { registered_limit: { resource_name: 'cores' } } });
    await expect(403, 'DELETE', `/v3/services/${service_id}`);
    await expect(403, 'DELETE', '/v3/regions/lr');
    for (const { id } of [cores, ram]) await expect(204, 'DELETE', `${REGISTERED}/${id}`);
    await expect(404, 'GET', one);
    await expect(404, 'DELETE', one);
    await expect(404, 'PATCH', one, { body: { registered_limit: { default_limit: 1 } } });
    await expect(204, 'DELETE', `/v3/services/${service_id}`);
    await expect(204, 'DELETE', '/v3/regions/lr');
  });

  test(`${name}: wrong registered limits are refused, all of them together`, async () => {
    const service_id = await newService(expect);
    const good = { service_id, resource_name: 'good', default_limit: 1 };
    const make = (status: number, registered_limits: unknown) =>
      expect(status, 'POST', REGISTERED, { body: { registered_limits } });
    for (const wrong of [
      { ...good, service_id: NOBODY },
      { ...good, service_id: 'not an id' },
      { ...good, region_id: 'nowhere' },
      { ...good, default_limit: -2 },
      { ...good, default_limit: 2 ** 31 },
      { ...good, default_limit: '1' },
      { ...good, resource_name: ' ' },
      { ...good, resource_name: 'r'.repeat(256) },
      { ...good, colour: 'red' },
      { service_id, default_limit: 1 },
    ])
      await make(400, [good, wrong]);
    await make(400, []);
    await make(400, good);
    await make(409, [good, good]);
    const list = `${REGISTERED}?service_id=${service_id}`;
    assert.deepEqual((await expect(200, 'GET', list)).registered_limits, []);
    const [made] = await register(expect, [good]);
    await make(409, [{ ...good, resource_name: 'other' }, good]);
    assert.equal((await expect(200, 'GET', list)).registered_limits.length, 1);
    for (const wrong of [{ id: NOBODY }, { service_id: NOBODY }, { region_id: 'nowhere' }, { default_limit: 'x' }])
      await expect(400, 'PATCH', `${REGISTERED}/${made.id}`, { body: { registered_limit: wrong } });
    await expect(400, 'GET', `${REGISTERED}?service_id=x`);
    await expect(204, 'DELETE', `${REGISTERED}/${made.id}`);
    await expect(204, 'DELETE', `/v3/services/${service_id}`);
  });
}

function limitTests(name: string, expect: Expect): void {
  test(`${name}: the projects above and below one are shown with their limits when that is asked for`, async () => {
    const service_id = await newService(expect);
    const what = { service_id, resource_name: 'disks' };
    await register(expect, [{ ...what, default_limit: 5 }]);
    const parent = await newProject(expect);
    const child = await newProject(expect, { parent_id: parent.id });
    const { users } = await expect(200, 'GET', '/v3/users?name=admin');
    const { roles } = await expect(200, 'GET', '/v3/roles?name=member');
    for (const { id } of [parent, child])
      await expect(204, 'PUT', `/v3/projects/${id}/users/${users[0].id}/roles/${roles[0].id}`);
    const wanted = [{ ...what, project_id: child.id, resource_limit: 7, description: 'more' }];
    const { limits } = await expect(201, 'POST', '/v3/limits', { body: { limits: wanted } });
    const { links, ...limit } = limits[0];
    assert.match(links.self, new RegExp(`/v3/limits/${limit.id}$`));
    const show = async (id: string, query: string) => (await expect(200, 'GET', `/v3/projects/${id}?${query}`)).project;
    const { subtree } = await show(parent.id, 'subtree_as_list&include_limits');
    assert.deepEqual(subtree, [{ project: { ...child, limits: [limit] } }]);
    const { parents } = await show(child.id, 'parents_as_list&include_limits');
    assert.deepEqual(parents, [{ project: { ...parent, limits: [] } }]);
    assert.equal('limits' in (await show(parent.id, 'include_limits')), false);
  });

  test(`${name}: limits of projects and domains override what is registered`, async () => {
    const service_id = await newService(expect);
    const [registered] = await register(expect, [{ service_id, resource_name: 'disks', default_limit: 5 }]);
    const project = await newProject(expect);
    const what = { service_id, resource_name: 'disks' };
    const wanted = [
      { ...what, project_id: project.id, resource_limit: 7, description: 'more' },
      { ...what, domain_id: 'default', resource_limit: 3 },
    ];
    const { limits } = await expect(201, 'POST', '/v3/limits', { body: { limits: wanted } });
    const [own, ofDomain] = limits;
    assert.deepEqual([own.project_id, own.domain_id, own.region_id, own.resource_limit], [project.id, null, null, 7]);
    assert.deepEqual([ofDomain.project_id, ofDomain.domain_id, ofDomain.description], [null, 'default', null]);
    const list = async (query: string) =>
      (await expect(200, 'GET', `/v3/limits?service_id=${service_id}${query}`)).limits;
    assert.equal((await list('')).length, 2);
    assert.deepEqual(await list(`&project_id=${project.id}`), [own]);
    assert.deepEqual(await list('&domain_id=default'), [ofDomain]);
    assert.deepEqual(await list('&resource_name=other'), []);
    assert.equal((await list('&limit=1')).length, 1);
    const one = `/v3/limits/${own.id}`;
    assert.deepEqual((await expect(200, 'GET', one)).limit, own);
    await expect(200, 'HEAD', one);
    const changed = await expect(200, 'PATCH', one, { body: { limit: { resource_limit: 0, description: null } } });
    assert.deepEqual([changed.limit.resource_limit, changed.limit.description], [0, null]);
    const used = await expect(403, 'DELETE', `${REGISTERED}/${registered.id}`);
    assert.match(used.error.message, /because there are project limits associated with it\.$/);
    await expect(403, 'PATCH', `${REGISTERED}/${registered.id}`, { body: { registered_limit: { default_limit: 9 } } });
    await expect(204, 'DELETE', `/v3/limits/${ofDomain.id}`);
    await expect(404, 'GET', `/v3/limits/${ofDomain.id}`);
    await expect(204, 'DELETE', `/v3/projects/${project.id}`);
    await expect(404, 'DELETE', one);
    await expect(204, 'DELETE', `${REGISTERED}/${registered.id}`);
    await expect(204, 'DELETE', `/v3/services/${service_id}`);
  });

  test(`${name}: wrong limits are refused, all of them together`, async () => {
    const service_id = await newService(expect);
    const [registered] = await register(expect, [{ service_id, resource_name: 'disks', default_limit: 5 }]);
    const { id: project_id } = await newProject(expect);
    const good = { service_id, resource_name: 'disks', project_id, resource_limit: 1 };
    const make = (status: number, limits: unknown) => expect(status, 'POST', '/v3/limits', { body: { limits } });
    for (const wrong of [
      { ...good, service_id: NOBODY },
      { ...good, project_id: NOBODY },
      { ...good, region_id: 'nowhere' },
      { ...good, domain_id: 'default' },
      { ...good, project_id: null },
      { service_id, resource_name: 'disks', resource_limit: 1 },
      { service_id, resource_name: 'disks', resource_limit: 1, domain_id: project_id },
      { ...good, resource_limit: -2 },
      { ...good, resource_limit: 1.5 },
      { ...good, colour: 'red' },
    ])
      await make(400, [good, wrong]);
    await make(400, []);
    const { error } = await make(403, [good, { ...good, resource_name: 'tapes' }]);
    assert.equal(error.message, 'Unable to create a limit that has no corresponding registered limit.');
    await make(409, [good, good]);
    const list = `/v3/limits?service_id=${service_id}`;
    assert.deepEqual((await expect(200, 'GET', list)).limits, []);
    const [made] = (await make(201, [good])).limits;
    await make(409, [good]);
    const asDomain = (await make(201, [{ ...good, project_id: 'default' }])).limits[0];
    assert.deepEqual([asDomain.project_id, asDomain.domain_id], [null, 'default']);
    for (const limit of [{ project_id }, { resource_limit: null }, { service_id }])
      await expect(400, 'PATCH', `/v3/limits/${made.id}`, { body: { limit } });
    await expect(404, 'PATCH', `/v3/limits/${NOBODY}`, { body: { limit: { resource_limit: 1 } } });
    for (const { id } of [made, asDomain]) await expect(204, 'DELETE', `/v3/limits/${id}`);
    await expect(204, 'DELETE', `${REGISTERED}/${registered.id}`);
    await expect(204, 'DELETE', `/v3/services/${service_id}`);
  });
}

function personaTests(name: string, cloud: () => TestKeystone, expect: Expect): void {
  test(`${name}: everybody sees the limits that are theirs`, async () => {
    const service_id = await newService(expect);
    const [registered] = await register(expect, [{ service_id, resource_name: 'ports', default_limit: 5 }]);
    const { domain } = await expect(201, 'POST', '/v3/domains', { body: { domain: { name: crypto.randomUUID() } } });
    const own = await newProject(expect, { domain_id: domain.id });
    const other = await newProject(expect);
    const limit = (owner: object) => ({ service_id, resource_name: 'ports', resource_limit: 9, ...owner });
    const { limits } = await expect(201, 'POST', '/v3/limits', {
      body: { limits: [{ project_id: own.id }, { project_id: other.id }, { domain_id: domain.id }].map(limit) },
    });
    const [ofOwn, ofOther, ofDomain] = limits.map((one: { id: string }) => one.id);
    const everything = [ofOwn, ofOther, ofDomain];
    for (const [role, scope, visible] of [
      ['reader', { project: own.id }, [ofOwn]],
      ['member', { project: own.id }, [ofOwn]],
      ['reader', { domain: domain.id }, [ofOwn, ofDomain]],
      ['reader', 'system', everything],
      ['service', { project: own.id }, everything],
      ['admin', { project: own.id }, everything],
    ] as const) {
      const token = await persona(cloud(), role, scope);
      const listed = (await expect(200, 'GET', `/v3/limits?service_id=${service_id}`, { token })).limits;
      const ids = listed.map((one: { id: string }) => one.id).toSorted();
      assert.deepEqual(ids, visible.toSorted(), `${role} ${JSON.stringify(scope)}`);
      await expect(200, 'GET', REGISTERED, { token });
      await expect(200, 'GET', `${REGISTERED}/${registered.id}`, { token });
      assert.equal((await expect(200, 'GET', '/v3/limits/model', { token })).model.name, 'flat');
      await expect(200, 'HEAD', '/v3/limits/model', { token });
      if (role === 'admin') continue;
      await expect(403, 'DELETE', `/v3/limits/${ofOwn}`, { token });
      await expect(403, 'PATCH', `${REGISTERED}/${NOBODY}`, { token, body: { registered_limit: {} } });
      if (role === 'service') continue;
      for (const id of everything)
        await expect((visible as string[]).includes(id) ? 200 : 403, 'GET', `/v3/limits/${id}`, { token });
      await expect(scope === 'system' ? 404 : 403, 'GET', `/v3/limits/${NOBODY}`, { token });
    }
    await expect(200, 'PATCH', `/v3/domains/${domain.id}`, { body: { domain: { enabled: false } } });
    await expect(204, 'DELETE', `/v3/domains/${domain.id}`);
    for (const id of [ofOwn, ofDomain]) await expect(404, 'GET', `/v3/limits/${id}`);
    await expect(204, 'DELETE', `/v3/limits/${ofOther}`);
    await expect(204, 'DELETE', `${REGISTERED}/${registered.id}`);
    await expect(204, 'DELETE', `/v3/services/${service_id}`);
  });
}
