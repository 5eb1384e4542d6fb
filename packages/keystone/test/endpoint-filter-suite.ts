import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';
import { persona } from './persona.ts';

const FILTER = '/v3/OS-EP-FILTER';
const NOBODY = 'f'.repeat(32);

/** OS-EP-FILTER: groups of endpoints, what projects are given, and the catalogs that follow; on one database. */
export function endpointFilterSuite(name: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  groupTests(name, expect);
  associationTests(name, cloud, expect);
  catalogTests(name, cloud, expect);
}

type Expect = TestKeystone['expect'];

async function newService(expect: Expect, urls: readonly string[], type = 'filtered') {
  const { service } = await expect(201, 'POST', '/v3/services', { body: { service: { type, name: type } } });
  const endpoints: { id: string }[] = [];
  for (const [at, url] of urls.entries()) {
    const side = at === 0 ? 'public' : 'internal';
    const endpoint = { service_id: service.id, interface: side, url, region: 'FilterRegion' };
    endpoints.push((await expect(201, 'POST', '/v3/endpoints', { body: { endpoint } })).endpoint);
  }
  return { service, endpoints };
}

async function newGroup(expect: Expect, filters: object, name = 'group') {
  const body = { endpoint_group: { name, filters } };
  return (await expect(201, 'POST', `${FILTER}/endpoint_groups`, { body })).endpoint_group;
}

async function newProject(expect: Expect) {
  return (await expect(201, 'POST', '/v3/projects', { body: { project: { name: crypto.randomUUID() } } })).project;
}

function groupTests(name: string, expect: Expect): void {
  test(`${name}: an endpoint group is made, shown, listed, changed and deleted`, async () => {
    const { service, endpoints } = await newService(expect, ['http://a', 'http://b']);
    const group = await newGroup(expect, { service_id: service.id, interface: 'public' });
    const one = `${FILTER}/endpoint_groups/${group.id}`;
    assert.deepEqual([group.description, group.filters.interface], [null, 'public']);
    assert.ok(group.links.self.endsWith(one));
    assert.deepEqual((await expect(200, 'GET', one)).endpoint_group, group);
    await expect(200, 'HEAD', one);
    assert.deepEqual((await expect(200, 'GET', `${FILTER}/endpoint_groups?name=group`)).endpoint_groups, [group]);
    const ids = async () =>
      (await expect(200, 'GET', `${one}/endpoints`)).endpoints.map((each: { id: string }) => each.id);
    assert.deepEqual(await ids(), [endpoints[0]?.id]);
    const body = { endpoint_group: { filters: { service_id: service.id }, description: 'all' } };
    assert.equal((await expect(200, 'PATCH', one, { body })).endpoint_group.description, 'all');
    assert.equal((await ids()).length, 2);
    await expect(200, 'PATCH', one, { body: { endpoint_group: { filters: { region_id: 'FilterRegion' } } } });
    assert.equal((await ids()).length, 2);
    await expect(204, 'DELETE', one);
    await expect(404, 'GET', one);
    await expect(404, 'GET', `${one}/endpoints`);
    assert.deepEqual((await expect(200, 'GET', `${one}/projects`)).projects, []);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
  });

  test(`${name}: wrong endpoint groups are refused`, async () => {
    const filters = { interface: 'public' };
    for (const endpoint_group of [
      { filters },
      { name: 'x' },
      { name: 'x', filters: {} },
      { name: ' ', filters },
      { name: 'x', filters: { interface: 'secret' } },
      { name: 'x', filters: { enabled: true } },
      { name: 'x', filters: { url: 'http://a' } },
      { name: 'x', filters, colour: 'red' },
      { name: 'x'.repeat(256), filters },
    ])
      await expect(400, 'POST', `${FILTER}/endpoint_groups`, { body: { endpoint_group } });
    const group = await newGroup(expect, filters);
    const one = `${FILTER}/endpoint_groups/${group.id}`;
    for (const endpoint_group of [{}, { id: 'x' }, { filters: { url: 'x' } }, { name: '' }])
      await expect(400, 'PATCH', one, { body: { endpoint_group } });
    await expect(400, 'GET', `${FILTER}/endpoint_groups?colour=red`);
    await expect(404, 'PATCH', `${FILTER}/endpoint_groups/${NOBODY}`, { body: { endpoint_group: { name: 'n' } } });
    await expect(404, 'DELETE', `${FILTER}/endpoint_groups/${NOBODY}`);
    assert.deepEqual((await expect(200, 'GET', one)).endpoint_group, group);
    await expect(204, 'DELETE', one);
  });
}

function associationTests(name: string, cloud: () => TestKeystone, expect: Expect): void {
  test(`${name}: projects are given endpoints and groups, and lose them`, async () => {
    const { service, endpoints } = await newService(expect, ['http://a', 'http://b']);
    const project = await newProject(expect);
    const id = endpoints[0]?.id;
    const one = `${FILTER}/projects/${project.id}/endpoints/${id}`;
    await expect(404, 'GET', one);
    await expect(204, 'PUT', one);
    await expect(409, 'PUT', one);
    await expect(204, 'GET', one);
    await expect(204, 'HEAD', one);
    const group = await newGroup(expect, { service_id: service.id, interface: 'internal' });
    const given = `${FILTER}/endpoint_groups/${group.id}/projects/${project.id}`;
    await expect(404, 'GET', given);
    await expect(204, 'PUT', given);
    await expect(409, 'PUT', given);
    await expect(200, 'HEAD', given);
    const shown = (await expect(200, 'GET', given)).project_endpoint_group;
    assert.deepEqual([shown.project_id, shown.endpoint_group_id], [project.id, group.id]);
    const list = (await expect(200, 'GET', `${FILTER}/projects/${project.id}/endpoints`)).endpoints;
    assert.deepEqual(
      list.map((each: { id: string }) => each.id).toSorted(),
      endpoints.map((each) => each.id).toSorted(),
    );
    for (const path of [`endpoints/${id}/projects`, `endpoint_groups/${group.id}/projects`]) {
      const { projects } = await expect(200, 'GET', `${FILTER}/${path}`);
      assert.deepEqual([projects.length, projects[0].id, projects[0].tags], [1, project.id, []]);
    }
    const groups = (await expect(200, 'GET', `${FILTER}/projects/${project.id}/endpoint_groups`)).endpoint_groups;
    assert.deepEqual(groups, [group]);
    await expect(204, 'DELETE', given);
    await expect(404, 'DELETE', given);
    await expect(204, 'DELETE', one);
    await expect(404, 'DELETE', one);
    assert.deepEqual((await expect(200, 'GET', `${FILTER}/projects/${project.id}/endpoints`)).endpoints, []);
    await expect(204, 'DELETE', `${FILTER}/endpoint_groups/${group.id}`);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
    await expect(204, 'DELETE', `/v3/projects/${project.id}`);
  });

  test(`${name}: nobody is given what is not there, and what goes takes its associations along`, async () => {
    const { service, endpoints } = await newService(expect, ['http://a']);
    const project = await newProject(expect);
    const group = await newGroup(expect, { service_id: service.id });
    const id = endpoints[0]?.id;
    for (const path of [
      `projects/${NOBODY}/endpoints/${id}`,
      `projects/${project.id}/endpoints/${NOBODY}`,
      `endpoint_groups/${NOBODY}/projects/${project.id}`,
      `endpoint_groups/${group.id}/projects/${NOBODY}`,
    ])
      for (const method of ['PUT', 'GET', 'DELETE']) await expect(404, method, `${FILTER}/${path}`);
    for (const path of [`projects/${NOBODY}/endpoints`, `projects/${NOBODY}/endpoint_groups`])
      await expect(404, 'GET', `${FILTER}/${path}`);
    await expect(404, 'GET', `${FILTER}/endpoints/${NOBODY}/projects`);
    await expect(204, 'PUT', `${FILTER}/projects/${project.id}/endpoints/${id}`);
    await expect(204, 'PUT', `${FILTER}/endpoint_groups/${group.id}/projects/${project.id}`);
    await expect(204, 'DELETE', `/v3/projects/${project.id}`);
    assert.deepEqual((await expect(200, 'GET', `${FILTER}/endpoints/${id}/projects`)).projects, []);
    assert.deepEqual((await expect(200, 'GET', `${FILTER}/endpoint_groups/${group.id}/projects`)).projects, []);
    await expect(204, 'DELETE', `${FILTER}/endpoint_groups/${group.id}`);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
  });

  test(`${name}: who may read endpoint filters and who may change them`, async () => {
    const { id } = (await expect(200, 'GET', '/v3/projects?name=demo')).projects[0];
    const reader = await persona(cloud(), 'reader', 'system');
    const body = { endpoint_group: { name: 'x', filters: { interface: 'admin' } } };
    await expect(200, 'GET', `${FILTER}/endpoint_groups`, { token: reader });
    await expect(403, 'POST', `${FILTER}/endpoint_groups`, { token: reader, body });
    await expect(404, 'GET', `${FILTER}/endpoint_groups/${NOBODY}`, { token: reader });
    for (const token of [
      await persona(cloud(), 'member', { project: id }),
      await persona(cloud(), 'admin', { domain: 'default' }),
    ]) {
      await expect(403, 'GET', `${FILTER}/endpoint_groups`, { token });
      await expect(403, 'GET', `${FILTER}/endpoint_groups/${NOBODY}`, { token });
      await expect(403, 'POST', `${FILTER}/endpoint_groups`, { token, body });
      await expect(403, 'PUT', `${FILTER}/projects/${id}/endpoints/${NOBODY}`, { token });
    }
  });
}

function catalogTests(name: string, cloud: () => TestKeystone, expect: Expect): void {
  test(`${name}: a project that was given endpoints sees those and no others`, async () => {
    const project = await newProject(expect);
    const token = await persona(cloud(), 'member', { project: project.id });
    const { service, endpoints } = await newService(expect, ['http://a', 'http://b/%(project_id)s'], 'given');
    const types = async () =>
      (await expect(200, 'GET', '/v3/auth/catalog', { token })).catalog.map((one: { type: string }) => one.type);
    const everything = await types();
    assert.ok(everything.includes('identity') && everything.includes('given'));
    await expect(204, 'PUT', `${FILTER}/projects/${project.id}/endpoints/${endpoints[1]?.id}`);
    assert.deepEqual(await types(), ['given']);
    const shown = await expect(200, 'GET', '/v3/auth/tokens', { token, headers: { 'x-subject-token': token } });
    assert.deepEqual(
      shown.token.catalog.map((one: { endpoints: { url: string }[] }) => one.endpoints.map(({ url }) => url)),
      [[`http://b/${project.id}`]],
    );
    const { catalog } = await expect(200, 'GET', '/v3/auth/catalog');
    assert.equal(catalog.length, everything.length);
    await expect(200, 'PATCH', `/v3/endpoints/${endpoints[1]?.id}`, { body: { endpoint: { enabled: false } } });
    assert.deepEqual(await types(), []);
    const group = await newGroup(expect, { interface: 'public', service_id: service.id });
    await expect(204, 'PUT', `${FILTER}/endpoint_groups/${group.id}/projects/${project.id}`);
    assert.deepEqual(await types(), ['given']);
    await expect(204, 'DELETE', `${FILTER}/endpoint_groups/${group.id}`);
    await expect(204, 'DELETE', `${FILTER}/projects/${project.id}/endpoints/${endpoints[1]?.id}`);
    assert.deepEqual(await types(), everything);
    const empty = await newGroup(expect, { region_id: 'no-such-region' });
    await expect(204, 'PUT', `${FILTER}/endpoint_groups/${empty.id}/projects/${project.id}`);
    assert.deepEqual(await types(), everything);
    await expect(204, 'DELETE', `${FILTER}/endpoint_groups/${empty.id}`);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
  });
}
