import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';

/** Services, endpoints and regions, on one database. */
export function catalogSuite(name: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  serviceTests(name, expect);
  endpointTests(name, expect);
  regionTests(name, expect);
}

type Expect = TestKeystone['expect'];

function serviceTests(name: string, expect: Expect): void {
  test(`${name}: a new service is in the catalog of the next answer, and gone after it is deleted`, async () => {
    const { service } = await expect(201, 'POST', '/v3/services', {
      body: { service: { type: 'dns', name: 'names' } },
    });
    assert.deepEqual([service.enabled, 'description' in service], [true, false]);
    const wanted = {
      service_id: service.id,
      interface: 'public',
      url: 'http://dns.test/%(tenant_id)s',
      region: 'North',
    };
    const { endpoint } = await expect(201, 'POST', '/v3/endpoints', { body: { endpoint: wanted } });
    assert.deepEqual([endpoint.region_id, endpoint.region, endpoint.enabled], ['North', 'North', true]);
    assert.equal((await expect(200, 'GET', '/v3/regions/North')).region.id, 'North');
    const dns = async () => {
      const { catalog } = await expect(200, 'GET', '/v3/auth/catalog');
      return catalog.find((one: { type: string }) => one.type === 'dns');
    };
    assert.match((await dns()).endpoints[0].url, /^http:\/\/dns\.test\/[0-9a-f]{32}$/);
    await expect(200, 'PATCH', `/v3/endpoints/${endpoint.id}`, { body: { endpoint: { url: 'http://dns.test/v2' } } });
    assert.equal((await dns()).endpoints[0].url, 'http://dns.test/v2');
    const refused = await expect(403, 'DELETE', '/v3/regions/North');
    assert.match(refused.error.message, /^Unable to delete region North because it or its child regions/);
    await expect(200, 'PATCH', `/v3/endpoints/${endpoint.id}`, { body: { endpoint: { enabled: false } } });
    assert.deepEqual((await dns()).endpoints, []);
    await expect(200, 'PATCH', `/v3/services/${service.id}`, { body: { service: { enabled: false } } });
    assert.equal(await dns(), undefined);
    assert.equal((await expect(200, 'GET', `/v3/endpoints?service_id=${service.id}`)).endpoints.length, 1);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
    await expect(404, 'GET', `/v3/endpoints/${endpoint.id}`);
    await expect(204, 'DELETE', '/v3/regions/North');
  });

  test(`${name}: what else is said of a service, endpoint or region is kept, shown and merged`, async () => {
    const { service } = await expect(201, 'POST', '/v3/services', {
      body: { service: { type: 'x', name: 'n', 'vendor-name': 'V', nested: { a: [1] } } },
    });
    assert.deepEqual([service.vendor_name, service.nested], ['V', { a: [1] }]);
    assert.deepEqual((await expect(200, 'GET', `/v3/services/${service.id}`)).service, service);
    const changed = await expect(200, 'PATCH', `/v3/services/${service.id}`, {
      body: { service: { id: service.id, more: 1, description: 'd' } },
    });
    assert.deepEqual([changed.service.vendor_name, changed.service.more, changed.service.description], ['V', 1, 'd']);
    await expect(400, 'PATCH', `/v3/services/${service.id}`, { body: { service: { id: 'another', more: 1 } } });
    await expect(400, 'PATCH', `/v3/services/${service.id}`, { body: { service: {} } });
    const wanted = { service_id: service.id, interface: 'admin', url: 'http://x', name: 'door', description: 'front' };
    const { endpoint } = await expect(201, 'POST', '/v3/endpoints', { body: { endpoint: wanted } });
    assert.deepEqual([endpoint.name, endpoint.description, endpoint.region_id], ['door', 'front', null]);
    assert.deepEqual((await expect(200, 'GET', `/v3/endpoints/${endpoint.id}`)).endpoint, endpoint);
    for (const path of ['services/none', 'endpoints/none']) await expect(404, 'GET', `/v3/${path}`);
    const { catalog } = await expect(200, 'GET', '/v3/auth/catalog');
    const shown = catalog.find((one: { type: string }) => one.type === 'x').endpoints[0];
    assert.deepEqual([shown.name, 'extra' in shown, 'service_id' in shown], ['door', false, false]);
    const { region } = await expect(201, 'POST', '/v3/regions', { body: { region: { zone: 'z' } } });
    assert.deepEqual([region.zone, region.description, region.id.length], ['z', '', 32]);
    await expect(200, 'PATCH', `/v3/regions/${region.id}`, { body: { region: { zone: 'y' } } });
    assert.equal((await expect(200, 'GET', `/v3/regions/${region.id}`)).region.zone, 'y');
    await expect(204, 'DELETE', `/v3/regions/${region.id}`);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
  });

  test(`${name}: services are searched by name and type`, async () => {
    for (const [type, of] of [
      ['search-a', 'Alpha'],
      ['search-b', 'alpine'],
    ])
      await expect(201, 'POST', '/v3/services', { body: { service: { type, name: of } } });
    const found = async (query: string) =>
      (await expect(200, 'GET', `/v3/services?${query}`)).services.map((one: { name: string }) => one.name).toSorted();
    assert.deepEqual(await found('type=search-a'), ['Alpha']);
    assert.deepEqual(await found('type__startswith=search-'), ['Alpha', 'alpine']);
    assert.deepEqual(await found('type__endswith=-b'), ['alpine']);
    assert.deepEqual(await found('name__contains=lp&type__contains=search'), ['Alpha', 'alpine']);
    assert.deepEqual(await found('name__istartswith=ALP&type__startswith=search'), ['Alpha', 'alpine']);
    assert.deepEqual(await found('name__startswith=ALP'), []);
    const page = await expect(200, 'GET', '/v3/services?type__startswith=search-&limit=1');
    assert.equal(page.services.length, 1);
    assert.match(page.links.next, /marker=/);
    for (const { id } of (await expect(200, 'GET', '/v3/services?type__startswith=search-')).services)
      await expect(204, 'DELETE', `/v3/services/${id}`);
  });
}

function endpointTests(name: string, expect: Expect): void {
  test(`${name}: what does not fit is refused by name`, async () => {
    const service_id = (await expect(200, 'GET', '/v3/services?type=identity')).services[0].id;
    const good = { service_id, interface: 'public', url: 'http://a' };
    for (const [wrong, word] of [
      [{ interface: 'secret' }, 'interface'],
      [{ url: 'nothing' }, 'url'],
      [{ url: `http://${'a'.repeat(225)}` }, 'url'],
      [{ region_id: 'nowhere' }, 'endpoint region_id in region table'],
      [{ enabled: 'yes' }, 'enabled'],
      [{ enabled: null }, 'enabled'],
      [{ service_id: 'none' }, 'endpoint service_id in service table'],
    ] as const) {
      const { error } = await expect(400, 'POST', '/v3/endpoints', { body: { endpoint: { ...good, ...wrong } } });
      assert.match(error.message, new RegExp(word));
    }
    await expect(400, 'POST', '/v3/services', { body: { service: { name: 'without type' } } });
    await expect(400, 'POST', '/v3/services', { body: { service: { type: 'x', name: '' } } });
    await expect(400, 'GET', '/v3/endpoints?interface=secret');
    await expect(404, 'PATCH', '/v3/endpoints/none', { body: { endpoint: { interface: 'public' } } });
    assert.deepEqual((await expect(200, 'GET', '/v3/endpoints?service_id=none')).endpoints, []);
  });

  test(`${name}: a region that only the old attribute names is made, also where the new one is null`, async () => {
    const service_id = (await expect(200, 'GET', '/v3/services?type=identity')).services[0].id;
    const wanted = { service_id, interface: 'public', url: 'http://a', region: 'made-1', region_id: null };
    const { endpoint } = await expect(201, 'POST', '/v3/endpoints', { body: { endpoint: wanted } });
    assert.equal(endpoint.region_id, 'made-1');
    const one = `/v3/endpoints/${endpoint.id}`;
    const moved = await expect(200, 'PATCH', one, { body: { endpoint: { region: 'made-2' } } });
    assert.equal(moved.endpoint.region, 'made-2');
    await expect(400, 'PATCH', one, { body: { endpoint: { region_id: 'made-3' } } });
    const free = await expect(200, 'PATCH', one, { body: { endpoint: { region_id: null } } });
    assert.deepEqual([free.endpoint.region, free.endpoint.region_id], [null, null]);
    assert.equal((await expect(200, 'GET', `/v3/endpoints?region_id=made-2`)).endpoints.length, 0);
    await expect(204, 'DELETE', one);
    for (const id of ['made-1', 'made-2']) await expect(204, 'DELETE', `/v3/regions/${id}`);
  });

  test(`OSSA-2014-029: a URL may ask for ids only, and no other is ever filled in (${name})`, async () => {
    const { service } = await expect(201, 'POST', '/v3/services', { body: { service: { type: 'leak', name: 'l' } } });
    const at = (url: string) => ({ service_id: service.id, interface: 'public', url });
    for (const url of ['http://a/$(admin_token)s', 'http://a/%(database)s', 'http://a/%(project_id)', 'http://a/%s']) {
      const { error } = await expect(400, 'POST', '/v3/endpoints', { body: { endpoint: at(url) } });
      assert.equal(error.message, `Cannot create an endpoint with an invalid URL: ${url}.`);
    }
    const { endpoint } = await expect(201, 'POST', '/v3/endpoints', {
      body: { endpoint: at('http://a/$(project_id)s/%(user_id)s/%%41') },
    });
    await expect(400, 'PATCH', `/v3/endpoints/${endpoint.id}`, {
      body: { endpoint: { url: 'http://a/%(password)s' } },
    });
    const host = await expect(201, 'POST', '/v3/endpoints', { body: { endpoint: at('http://%(compute_host)s/') } });
    const { catalog } = await expect(200, 'GET', '/v3/auth/catalog');
    const { endpoints } = catalog.find((one: { type: string }) => one.type === 'leak');
    assert.equal(endpoints.length, 1);
    assert.match(endpoints[0].url, /^http:\/\/a\/[0-9a-f]{32}\/[0-9a-f]{32}\/%41$/);
    for (const { id } of [endpoint, host.endpoint]) await expect(204, 'DELETE', `/v3/endpoints/${id}`);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
  });
}

function regionTests(name: string, expect: Expect): void {
  test(`${name}: regions below each other`, async () => {
    await expect(201, 'POST', '/v3/regions', { body: { region: { id: 'eu', description: 'Europe' } } });
    await expect(201, 'PUT', '/v3/regions/eu-1', { body: { region: { parent_region_id: 'eu' } } });
    await expect(201, 'PUT', '/v3/regions/eu-1-a', { body: { region: { id: 'eu-1-a', parent_region_id: 'eu-1' } } });
    const { error } = await expect(409, 'POST', '/v3/regions', { body: { region: { id: 'eu' } } });
    assert.equal(error.message, 'Conflict occurred attempting to store region - Duplicate ID, eu.');
    await expect(409, 'PUT', '/v3/regions/eu', { body: { region: {} } });
    await expect(404, 'POST', '/v3/regions', { body: { region: { parent_region_id: 'nowhere' } } });
    await expect(404, 'PATCH', '/v3/regions/eu-1', { body: { region: { parent_region_id: 'nowhere' } } });
    for (const parent_region_id of ['eu', 'eu-1', 'eu-1-a']) {
      const circle = await expect(400, 'PATCH', '/v3/regions/eu', { body: { region: { parent_region_id } } });
      assert.match(circle.error.message, /would create a circular region hierarchy/);
    }
    assert.equal((await expect(200, 'GET', '/v3/regions/eu')).region.parent_region_id, null);
    assert.equal((await expect(200, 'GET', '/v3/regions?parent_region_id=eu')).regions[0].id, 'eu-1');
    await expect(200, 'PATCH', '/v3/regions/eu-1-a', { body: { region: { description: null } } });
    await expect(204, 'DELETE', '/v3/regions/eu');
    for (const id of ['eu-1', 'eu-1-a']) await expect(404, 'GET', `/v3/regions/${id}`);
  });

  test(`${name}: wrong regions are refused`, async () => {
    for (const region of [
      { id: 'a'.repeat(256) },
      { description: 'a'.repeat(256) },
      { parent_region_id: '' },
      { description: 1 },
      [],
    ])
      await expect(400, 'POST', '/v3/regions', { body: { region } });
    await expect(400, 'PUT', '/v3/regions/one', { body: { region: { id: 'two' } } });
    await expect(400, 'GET', '/v3/regions?colour=red');
    await expect(404, 'DELETE', '/v3/regions/one');
    await expect(404, 'PATCH', '/v3/regions/one', { body: { region: { description: 'd' } } });
    const empty = await expect(201, 'POST', '/v3/regions', { body: { region: { id: '' } } });
    assert.equal(empty.region.id.length, 32);
    await expect(400, 'PATCH', `/v3/regions/${empty.region.id}`, { body: { region: { id: 'other' } } });
    await expect(204, 'DELETE', `/v3/regions/${empty.region.id}`);
  });
}
