/** The API on MariaDB and PostgreSQL; only with KUMO_TEST_DATABASES=all, since the servers take seconds to start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onServers } from '../../../core/src/testing/on-databases.ts';
import { serverBody, startApi } from './harness.ts';

onServers('nova-api', (database) => {
  test('servers, flavors, keys, quota and aggregates', { timeout: 120_000 }, async () => {
    const api = await startApi({ databaseUrl: database.url });
    try {
      await useServers(api);
      await useOthers(api);
    } finally {
      await api.stop();
    }
  });
});

type Api = Awaited<ReturnType<typeof startApi>>;

async function useServers(api: Api): Promise<void> {
  const created = await Promise.all([1, 2, 3, 4].map((at) => api.create({ name: `s${at}`, metadata: { a: `${at}` } })));
  for (const id of created) await api.cloud.active(id);
  const page = await api.get('/v2.1/servers/detail?limit=2&sort_key=display_name&sort_dir=asc&status=ACTIVE&name=s.', {
    version: '2.96',
  });
  assert.deepEqual(
    page.body.servers.map((one: { metadata: object }) => one.metadata),
    [{ a: '1' }, { a: '2' }],
  );
  const next = new URL(page.body.servers_links[0].href);
  assert.equal((await api.get(next.pathname + next.search)).body.servers.length, 2);
  const id = created[0]!;
  assert.equal((await api.post(`/v2.1/servers/${id}/action`, { 'os-stop': null })).status, 202);
  await api.cloud.until(id, ({ vmState, taskState }) => vmState === 'stopped' && taskState === null);
  assert.equal((await api.put(`/v2.1/servers/${id}/tags/red`, undefined, { version: '2.26' })).status, 201);
  assert.equal((await api.get('/v2.1/servers?tags=red&ip=10.0.0', { version: '2.26' })).body.servers.length, 1);
  assert.equal((await api.put(`/v2.1/servers/${id}/metadata/a`, { meta: { a: 'x' } })).status, 200);
  const over = await api.post('/v2.1/servers', { server: { ...serverBody, min_count: 7 } });
  assert.equal(over.status, 403);
  assert.equal(
    (await api.get(`/v2.1/servers/${id}/os-instance-actions?limit=1`, { version: '2.58' })).body.instanceActions.length,
    1,
  );
  for (const one of created) assert.equal((await api.delete(`/v2.1/servers/${one}`)).status, 204);
  for (const one of created) await api.cloud.gone(one);
  assert.equal((await api.get('/v2.1/limits')).body.limits.absolute.totalInstancesUsed, 0);
  const deleted = await api.get('/v2.1/servers?deleted=true&all_tenants=1', { token: 'admin' });
  assert.equal(deleted.body.servers.length, 4);
}

async function useOthers(api: Api): Promise<void> {
  const admin = { token: 'admin' };
  assert.equal(
    (await api.post('/v2.1/flavors', { flavor: { name: 'm1.nano', ram: 1, vcpus: 1, disk: 1 } }, admin)).status,
    409,
  );
  assert.equal((await api.post('/v2.1/flavors/1/os-extra_specs', { extra_specs: { a: 'b' } }, admin)).status, 200);
  assert.equal((await api.get('/v2.1/flavors/detail?minRam=1&sort_key=memory_mb')).body.flavors.length, 1);
  assert.equal((await api.post('/v2.1/os-keypairs', { keypair: { name: 'k' } })).status, 200);
  assert.equal((await api.post('/v2.1/os-keypairs', { keypair: { name: 'k' } })).status, 409);
  assert.equal(
    (await api.post('/v2.1/os-aggregates', { aggregate: { name: 'a', availability_zone: 'z' } }, admin)).status,
    200,
  );
  assert.equal((await api.post('/v2.1/os-aggregates/1/action', { add_host: { host: 'host-1' } }, admin)).status, 200);
  const zones = (await api.get('/v2.1/os-availability-zone')).body.availabilityZoneInfo;
  assert.deepEqual(
    zones.map(({ zoneName }: { zoneName: string }) => zoneName),
    ['z'],
  );
  assert.equal((await api.delete('/v2.1/flavors/1', admin)).status, 202);
}
