import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { TEST_TOKENS } from '../../../core/src/testing/env.ts';
import { type Api, startApi } from './harness.ts';
import { GROUP } from './neighbours.ts';

let api: Api;
const OTHER_GROUP = 'c0000000-0000-4000-8000-000000000002';
const admin = { token: 'admin' };
before(async () => {
  api = await startApi();
});
after(() => api.stop());

test('flavors: create, list, access, extra specs, delete', async () => {
  const made = await api.post(
    '/v2.1/flavors',
    { flavor: { name: 'p', ram: 128, vcpus: 2, disk: 3, 'os-flavor-access:is_public': false } },
    admin,
  );
  assert.equal(made.status, 200);
  const { id, swap } = made.body.flavor;
  assert.equal(swap, '');
  const path = `/v2.1/flavors/${id}`;
  assert.equal((await api.get(path)).status, 404);
  assert.equal(
    (await api.post('/v2.1/flavors', { flavor: { name: 'p', ram: 1, vcpus: 1, disk: 1 } }, admin)).status,
    409,
  );
  assert.equal(
    (await api.post('/v2.1/flavors', { flavor: { name: 'q', ram: 0, vcpus: 1, disk: 1 } }, admin)).status,
    400,
  );
  assert.equal((await api.post('/v2.1/flavors', { flavor: { name: 'q', ram: 1, vcpus: 1, disk: 1 } })).status, 403);
  const tenant = '11111111111111111111111111111111';
  const given = await api.post(`${path}/action`, { addTenantAccess: { tenant } }, admin);
  assert.deepEqual(given.body.flavor_access, [{ flavor_id: id, tenant_id: tenant }]);
  assert.equal((await api.post(`${path}/action`, { addTenantAccess: { tenant } }, admin)).status, 409);
  assert.equal((await api.get(path)).status, 200);
  assert.equal((await api.get(path, { token: 'other' })).status, 404);
  assert.deepEqual(
    (await api.post(`${path}/os-extra_specs`, { extra_specs: { 'hw:x': '1' } }, admin)).body.extra_specs,
    { 'hw:x': '1' },
  );
  assert.deepEqual((await api.get(path, { version: '2.61' })).body.flavor.extra_specs, { 'hw:x': '1' });
  assert.deepEqual((await api.get(`${path}/os-extra_specs/hw:x`)).body, { 'hw:x': '1' });
  assert.equal((await api.delete(`${path}/os-extra_specs/hw:x`, admin)).status, 200);
  assert.equal((await api.get(`${path}/os-extra_specs/hw:x`)).status, 404);
  const listed = (await api.get('/v2.1/flavors?is_public=None', admin)).body.flavors.map(
    ({ name }: { name: string }) => name,
  );
  assert.deepEqual(listed.sort(), ['m1.nano', 'p']);
  const page = await api.get('/v2.1/flavors/detail?limit=1&sort_key=name');
  assert.equal(page.body.flavors[0].name, 'm1.nano');
  assert.match(page.body.flavors_links[0].href, /marker=1/);
  assert.equal((await api.get('/v2.1/flavors?marker=nobody')).status, 400);
  assert.equal(
    (await api.put(path, { flavor: { description: 'd' } }, { ...admin, version: '2.55' })).body.flavor.description,
    'd',
  );
  assert.equal((await api.delete(path, admin)).status, 202);
  assert.equal((await api.delete(path, admin)).status, 404);
});

test('key pairs: generated, imported, refused', async () => {
  const made = await api.post('/v2.1/os-keypairs', { keypair: { name: 'k' } });
  assert.equal(made.status, 200);
  const { private_key, public_key, fingerprint } = made.body.keypair;
  assert.match(private_key, /^-----BEGIN RSA PRIVATE KEY-----/);
  const blob = Buffer.from(public_key.split(' ')[1], 'base64');
  assert.equal(fingerprint.replaceAll(':', ''), createHash('md5').update(blob).digest('hex'));
  const again = { keypair: { name: 'k2', public_key } };
  const imported = await api.post('/v2.1/os-keypairs', again, { version: '2.92' });
  assert.equal(imported.status, 201);
  assert.equal(imported.body.keypair.fingerprint, fingerprint);
  assert.equal('private_key' in imported.body.keypair, false);
  assert.equal((await api.post('/v2.1/os-keypairs', again)).status, 409);
  assert.equal((await api.post('/v2.1/os-keypairs', { keypair: { name: 'x' } }, { version: '2.92' })).status, 400);
  for (const bad of ['ssh-rsa AAAA', 'nonsense', `ssh-rsa ${'A'.repeat(64)}`, 'ssh-rsa\nAAAA'])
    assert.equal((await api.post('/v2.1/os-keypairs', { keypair: { name: 'bad', public_key: bad } })).status, 400, bad);
  assert.equal((await api.post('/v2.1/os-keypairs', { keypair: { name: 'a/b' } })).status, 400);
  assert.deepEqual(
    (await api.get('/v2.1/os-keypairs')).body.keypairs.map((one: { keypair: { name: string } }) => one.keypair.name),
    ['k', 'k2'],
  );
  assert.equal((await api.get('/v2.1/os-keypairs/k', { token: 'other' })).status, 404);
  assert.equal(
    (await api.get('/v2.1/os-keypairs/k?user_id=member-user', { token: 'other', version: '2.10' })).status,
    403,
  );
  assert.equal(
    (await api.get('/v2.1/os-keypairs/k?user_id=member-user', { token: 'admin', version: '2.10' })).status,
    200,
  );
  assert.equal((await api.delete('/v2.1/os-keypairs/k')).status, 202);
  assert.equal((await api.delete('/v2.1/os-keypairs/k', { version: '2.2' })).status, 404);
});

test("a project's limit of key pairs is kept, for all of a user's at once, and its change counts at once", async () => {
  const { projectId } = TEST_TOKENS.manager!;
  const limitTo = async (key_pairs: number) => {
    const set = await api.put(`/v2.1/os-quota-sets/${projectId}`, { quota_set: { key_pairs } }, { token: 'admin' });
    assert.equal(set.body.quota_set.key_pairs, key_pairs);
  };
  const public_key = `ssh-ed25519 ${Buffer.concat([Buffer.from('0000000b7373682d6564323535313900000020', 'hex'), Buffer.alloc(32, 1)]).toString('base64')}`;
  const make = (name: string) => api.post('/v2.1/os-keypairs', { keypair: { name, public_key } }, { token: 'manager' });
  await limitTo(3);
  assert.equal(
    (await api.get('/v2.1/limits', { token: 'manager' })).body.limits.absolute.maxTotalKeypairs,
    3,
    'the limit that is shown',
  );
  const made = await Promise.all(Array.from({ length: 60 }, (_, index) => make(`burst-${index}`)));
  const statuses = Map.groupBy(made, ({ status }) => status);
  assert.deepEqual([...statuses].map(([status, list]) => [status, list.length]).toSorted(), [
    [200, 3],
    [403, 57],
  ]);
  await limitTo(4);
  assert.deepEqual([(await make('four')).status, (await make('five')).status], [200, 403]);
  await api.delete('/v2.1/os-keypairs/four', { token: 'manager' });
  assert.equal((await make('five')).status, 200);
  await limitTo(-1);
  assert.equal((await make('six')).status, 200);
  assert.equal((await api.delete(`/v2.1/os-quota-sets/${projectId}`, { token: 'admin' })).status, 202);
});

test('hypervisors, services and zones', async () => {
  const id = await api.active();
  const { hypervisors } = (await api.get('/v2.1/os-hypervisors/detail', admin)).body;
  assert.equal(hypervisors[0].hypervisor_hostname, 'host-1');
  assert.equal(hypervisors[0].state, 'up');
  assert.equal(typeof hypervisors[0].id, 'number');
  assert.equal(typeof hypervisors[0].cpu_info, 'string');
  assert.equal(hypervisors[0].vcpus_used, 1);
  const newest = { ...admin, version: '2.88' };
  const [one] = (await api.get('/v2.1/os-hypervisors?with_servers=true', newest)).body.hypervisors;
  assert.deepEqual(one.servers, [{ uuid: id, name: 'one' }]);
  assert.equal('vcpus' in (await api.get(`/v2.1/os-hypervisors/${one.id}`, newest)).body.hypervisor, false);
  assert.equal((await api.get('/v2.1/os-hypervisors/statistics', admin)).body.hypervisor_statistics.count, 1);
  assert.equal((await api.get('/v2.1/os-hypervisors/statistics', newest)).status, 404);
  assert.equal((await api.get('/v2.1/os-hypervisors')).status, 403);
  const { services } = (await api.get('/v2.1/os-services', { ...admin, version: '2.53' })).body;
  const compute = services.find(({ binary }: { binary: string }) => binary === 'nova-compute');
  assert.equal(compute.state, 'up');
  assert.equal(compute.zone, 'nova');
  const off = await api.put(
    `/v2.1/os-services/${compute.id}`,
    { status: 'disabled', disabled_reason: 'r' },
    { ...admin, version: '2.53' },
  );
  assert.deepEqual([off.body.service.status, off.body.service.disabled_reason], ['disabled', 'r']);
  const zones = (await api.get('/v2.1/os-availability-zone')).body.availabilityZoneInfo;
  assert.deepEqual(zones, [{ zoneName: 'nova', zoneState: { available: false }, hosts: null }]);
  assert.equal(
    (await api.put('/v2.1/os-services/enable', { host: 'host-1', binary: 'nova-compute' }, admin)).body.service.status,
    'enabled',
  );
  const detail = (await api.get('/v2.1/os-availability-zone/detail', admin)).body.availabilityZoneInfo;
  assert.equal(
    detail.find(({ zoneName }: { zoneName: string }) => zoneName === 'nova').hosts['host-1']['nova-compute'].available,
    true,
  );
  assert.equal((await api.delete(`/v2.1/os-services/${compute.id}`, { ...admin, version: '2.53' })).status, 409);
});

test('aggregates make zones', async () => {
  const made = await api.post('/v2.1/os-aggregates', { aggregate: { name: 'a', availability_zone: 'z' } }, admin);
  assert.equal(made.status, 200);
  const path = `/v2.1/os-aggregates/${made.body.aggregate.id}`;
  assert.equal((await api.post('/v2.1/os-aggregates', { aggregate: { name: 'a' } }, admin)).status, 409);
  assert.equal((await api.post(`${path}/action`, { add_host: { host: 'nowhere' } }, admin)).status, 404);
  assert.equal((await api.post(`${path}/action`, { add_host: { host: 'host-1' } }, admin)).status, 400);
  assert.deepEqual(
    (await api.post(`${path}/action`, { set_metadata: { metadata: { a: 'b' } } }, admin)).body.aggregate.metadata,
    { a: 'b', availability_zone: 'z' },
  );
  assert.equal((await api.put(path, { aggregate: { name: 'b' } }, admin)).body.aggregate.name, 'b');
  assert.equal((await api.delete(path, admin)).status, 200);
  assert.equal((await api.get(path, admin)).status, 404);
});

test('quota and limits', async () => {
  const project = '11111111111111111111111111111111';
  const path = `/v2.1/os-quota-sets/${project}`;
  assert.equal((await api.get(path)).body.quota_set.instances, 10);
  assert.equal((await api.get(path, { token: 'other' })).status, 403);
  assert.equal((await api.put(path, { quota_set: { instances: 5 } }, admin)).body.quota_set.instances, 5);
  assert.equal((await api.put(path, { quota_set: { instances: 0 } }, admin)).status, 400);
  assert.equal((await api.put(path, { quota_set: { bananas: 1 } }, admin)).status, 400);
  const detail = (await api.get(`${path}/detail`)).body.quota_set;
  assert.deepEqual(detail.instances, { limit: 5, in_use: 1, reserved: 0 });
  const { absolute } = (await api.get('/v2.1/limits')).body.limits;
  assert.equal(absolute.maxTotalInstances, 5);
  assert.equal(absolute.totalInstancesUsed, 1);
  assert.equal((await api.delete(path, admin)).status, 202);
  assert.equal((await api.get(`${path}/defaults`)).body.quota_set.instances, 10);
  assert.equal(
    (await api.put('/v2.1/os-quota-class-sets/default', { quota_class_set: { cores: 30 } }, admin)).status,
    200,
  );
  assert.equal((await api.get(path)).body.quota_set.cores, 30);
});

test('security groups of a server are those of its ports', async () => {
  const id = await api.active();
  const port = {
    id: 'e0000000-0000-4000-8000-000000000009',
    device_id: id,
    fixed_ips: [],
    security_groups: [OTHER_GROUP],
  };
  api.neutron.ports.set(port.id, port);
  const act = (body: unknown) => api.post(`/v2.1/servers/${id}/action`, body);
  assert.equal((await act({ addSecurityGroup: { name: 'none' } })).status, 404);
  assert.equal((await act({ addSecurityGroup: { name: 'web' } })).status, 202);
  assert.deepEqual(port.security_groups, [OTHER_GROUP, GROUP]);
  assert.deepEqual((await api.get(`/v2.1/servers/${id}`)).body.server.security_groups, [{ name: 'web' }]);
  assert.equal((await act({ removeSecurityGroup: { name: 'web' } })).status, 202);
  assert.equal((await act({ removeSecurityGroup: { name: 'web' } })).status, 404);
});

test('external events are taken from services alone', async () => {
  const id = await api.active();
  const events = [
    { name: 'network-vif-plugged', server_uuid: id, tag: 'p' },
    { name: 'network-vif-plugged', server_uuid: 'f0000000-0000-4000-8000-00000000000f', tag: 'p' },
  ];
  assert.equal((await api.post('/v2.1/os-server-external-events', { events })).status, 403);
  const reply = await api.post('/v2.1/os-server-external-events', { events }, { token: 'service' });
  assert.equal(reply.status, 207);
  assert.deepEqual(
    reply.body.events.map(({ code }: { code: number }) => code),
    [200, 404],
  );
  const refused = await api.post(
    '/v2.1/os-server-external-events',
    { events: [{ name: 'dance', server_uuid: id }] },
    { token: 'service' },
  );
  assert.equal(refused.status, 400);
});

test('versions', async () => {
  const { versions } = (await api.get('/', { token: '' })).body;
  assert.equal(versions[0].id, 'v2.1');
  const { version } = (await api.get('/v2.1/', { token: '' })).body;
  assert.deepEqual([version.min_version, version.version], ['2.1', '2.96']);
});
