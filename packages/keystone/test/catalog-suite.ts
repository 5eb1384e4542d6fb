import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';

/** Services, endpoints and regions, on one database. */
export function catalogSuite(name: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);

  test(`${name}: a new service is in the catalog of the next answer, and gone after it is deleted`, async () => {
    const { service } = await expect(201, 'POST', '/v3/services', {
      body: { service: { type: 'dns', name: 'names' } },
    });
    const wanted = {
      service_id: service.id,
      interface: 'public',
      url: 'http://dns.test/%(tenant_id)s',
      region: 'North',
    };
    const { endpoint } = await expect(201, 'POST', '/v3/endpoints', { body: { endpoint: wanted } });
    assert.deepEqual([endpoint.region_id, endpoint.enabled], ['North', true]);
    assert.equal((await expect(200, 'GET', '/v3/regions/North')).region.id, 'North');
    const dns = async () => {
      const { catalog } = await expect(200, 'GET', '/v3/auth/catalog');
      return catalog.find((one: { type: string }) => one.type === 'dns');
    };
    assert.match((await dns()).endpoints[0].url, /^http:\/\/dns\.test\/[0-9a-f]{32}$/);
    await expect(200, 'PATCH', `/v3/endpoints/${endpoint.id}`, { body: { endpoint: { url: 'http://dns.test/v2' } } });
    assert.equal((await dns()).endpoints[0].url, 'http://dns.test/v2');
    await expect(403, 'DELETE', '/v3/regions/North');
    await expect(200, 'PATCH', `/v3/services/${service.id}`, { body: { service: { enabled: false } } });
    assert.equal(await dns(), undefined);
    assert.equal((await expect(200, 'GET', `/v3/endpoints?service_id=${service.id}`)).endpoints.length, 1);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
    await expect(404, 'GET', `/v3/endpoints/${endpoint.id}`);
    await expect(204, 'DELETE', '/v3/regions/North');
  });

  test(`${name}: regions below each other`, async () => {
    await expect(201, 'POST', '/v3/regions', { body: { region: { id: 'eu', description: 'Europe' } } });
    await expect(201, 'PUT', '/v3/regions/eu-1', { body: { region: { parent_region_id: 'eu' } } });
    await expect(409, 'POST', '/v3/regions', { body: { region: { id: 'eu' } } });
    await expect(404, 'POST', '/v3/regions', { body: { region: { parent_region_id: 'nowhere' } } });
    await expect(400, 'PATCH', '/v3/regions/eu', { body: { region: { parent_region_id: 'eu-1' } } });
    assert.equal((await expect(200, 'GET', '/v3/regions?parent_region_id=eu')).regions[0].id, 'eu-1');
    await expect(204, 'DELETE', '/v3/regions/eu');
    await expect(404, 'GET', '/v3/regions/eu-1');
  });

  test(`${name}: what does not fit is refused by name`, async () => {
    const service_id = (await expect(200, 'GET', '/v3/services?type=identity')).services[0].id;
    const good = { service_id, interface: 'public', url: 'http://a' };
    for (const [wrong, word] of [
      [{ interface: 'secret' }, 'interface'],
      [{ url: 'nothing' }, 'url'],
      [{ region_id: 'nowhere' }, 'region'],
      [{ enabled: 'yes' }, 'enabled'],
    ] as const) {
      const { error } = await expect(400, 'POST', '/v3/endpoints', { body: { endpoint: { ...good, ...wrong } } });
      assert.match(error.message, new RegExp(word));
    }
    await expect(404, 'POST', '/v3/endpoints', { body: { endpoint: { ...good, service_id: 'none' } } });
    await expect(400, 'POST', '/v3/services', { body: { service: { name: 'without type' } } });
  });
}
