/** Limits under strict_two_level, and the settings of endpoint filters. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestKeystone } from './harness.ts';
import { newProject, newService, register } from './limits-suite.ts';

const STRICT = { unifiedLimit: { enforcementModel: 'strict_two_level' } };

async function withKeystone(options: object, work: (keystone: TestKeystone) => Promise<void>): Promise<void> {
  const keystone = await TestKeystone.start(options);
  try {
    await work(keystone);
  } finally {
    await keystone.stop();
  }
}

test('strict_two_level: a project has at most what its domain has', () =>
  withKeystone({ config: STRICT }, async (keystone) => {
    const expect: TestKeystone['expect'] = (...args) => keystone.expect(...args);
    const { model } = await expect(200, 'GET', '/v3/limits/model');
    assert.deepEqual(model, {
      name: 'strict_two_level',
      description: 'This model requires project hierarchy never exceeds a depth of two',
    });
    const service_id = await newService(expect);
    await register(expect, [{ service_id, resource_name: 'cores', default_limit: 10 }]);
    const project = await newProject(expect);
    const limit = (owner: object, resource_limit: number) => ({
      service_id,
      resource_name: 'cores',
      resource_limit,
      ...owner,
    });
    const make = async (status: number, ...limits: object[]) =>
      (await expect(status, 'POST', '/v3/limits', { body: { limits } })).limits;
    const [own, domain] = [{ project_id: project.id }, { domain_id: 'default' }];
    const { error } = await expect(403, 'POST', '/v3/limits', { body: { limits: [limit(own, 11)] } });
    assert.match(error.message, /^Invalid resource limit: .*doesn't satisfy current hierarchy model/);
    await make(403, limit(domain, 5), limit(own, 6));
    const [ofDomain, ofOwn] = await make(201, limit(domain, 20), limit(own, 15));
    const change = (status: number, { id }: { id: string }, resource_limit: number) =>
      expect(status, 'PATCH', `/v3/limits/${id}`, { body: { limit: { resource_limit } } });
    await change(403, ofOwn, 21);
    await change(200, ofOwn, 20);
    await change(403, ofDomain, 19);
    await change(200, ofDomain, 30);
    assert.equal((await expect(200, 'GET', `/v3/limits/${ofOwn.id}`)).limit.resource_limit, 20);
    const below = await newProject(expect, { parent_id: project.id });
    const deeper = { project: { name: 'too deep', parent_id: below.id } };
    await expect(403, 'POST', '/v3/projects', { body: deeper });
  }));

test('strict_two_level: no start over projects that stand deeper', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-'));
  const databaseUrl = `sqlite:${join(dir, 'keystone.db')}`;
  await withKeystone({ databaseUrl }, async (keystone) => {
    const expect: TestKeystone['expect'] = (...args) => keystone.expect(...args);
    const first = await newProject(expect);
    const second = await newProject(expect, { parent_id: first.id });
    await newProject(expect, { parent_id: second.id });
  });
  await assert.rejects(
    withKeystone({ databaseUrl, config: STRICT }, async () => {}),
    /deeper in its hierarchy than unifiedLimit\.enforcementModel strict_two_level allows/,
  );
  rmSync(dir, { recursive: true });
});

test('without returnAllEndpointsIfNoFilter a project sees what it was given, and nothing else', () =>
  withKeystone({ config: { endpointFilter: { returnAllEndpointsIfNoFilter: false } } }, async (keystone) => {
    const expect: TestKeystone['expect'] = (...args) => keystone.expect(...args);
    assert.deepEqual((await expect(200, 'GET', '/v3/auth/catalog')).catalog, []);
    const { id } = (await expect(200, 'GET', '/v3/projects?name=admin')).projects[0];
    const endpoint = (await expect(200, 'GET', '/v3/endpoints?interface=public')).endpoints[0];
    await expect(204, 'PUT', `/v3/OS-EP-FILTER/projects/${id}/endpoints/${endpoint.id}`);
    const { catalog } = await expect(200, 'GET', '/v3/auth/catalog');
    assert.deepEqual(
      catalog.map((one: { endpoints: unknown[] }) => one.endpoints.length),
      [1],
    );
  }));
