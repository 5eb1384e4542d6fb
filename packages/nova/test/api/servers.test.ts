import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Api, serverBody, startApi } from './harness.ts';
import { IMAGE, NETWORK } from './neighbours.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.stop());

test('a server is created, becomes ACTIVE, and shows what it is', async () => {
  const created = await api.post('/v2.1/servers', { server: { ...serverBody, metadata: { a: '1' } } });
  assert.equal(created.status, 202);
  const { id, adminPass, links, security_groups } = created.body.server;
  assert.equal(adminPass.length, 12);
  assert.equal(created.headers.location, links[0].href);
  assert.deepEqual(security_groups, [{ name: 'default' }]);
  const server = await api.cloud.active(id);
  const shown = (await api.get(`/v2.1/servers/${id}`)).body.server;
  assert.equal(shown.status, 'ACTIVE');
  assert.equal(shown['OS-EXT-STS:power_state'], 1);
  assert.equal(shown['OS-EXT-STS:task_state'], null);
  assert.deepEqual(shown.metadata, { a: '1' });
  assert.equal(shown.image.id, IMAGE);
  assert.equal(shown.flavor.id, '1');
  assert.match(shown.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const [label] = Object.keys(shown.addresses);
  assert.equal(shown.addresses[label!][0].addr, server.networkInfo[0]!.addresses[0]!.address);
  assert.equal('OS-EXT-SRV-ATTR:host' in shown, false);
  assert.equal('locked' in shown, false);
  const toAdmin = (await api.get(`/v2.1/servers/${id}`, { token: 'admin', version: '2.96' })).body.server;
  assert.equal(toAdmin['OS-EXT-SRV-ATTR:host'], 'host-1');
  assert.equal(toAdmin.host_status, 'UP');
  assert.equal(toAdmin.locked, false);
  assert.equal(toAdmin.flavor.original_name, 'm1.nano');
  assert.deepEqual(toAdmin.flavor.extra_specs, {});
  assert.equal(toAdmin.pinned_availability_zone, null);
  const actions = (await api.get(`/v2.1/servers/${id}/os-instance-actions`)).body.instanceActions;
  assert.deepEqual(
    actions.map(({ action }: { action: string }) => action),
    ['create'],
  );
  const one = await api.get(`/v2.1/servers/${id}/os-instance-actions/${actions[0].request_id}`, { token: 'admin' });
  assert.equal(one.body.instanceAction.events[0].result, 'Success');
});

test('stop, start, reboot and delete run on the host; wrong states are conflicts', async () => {
  const id = await api.active();
  const act = (body: unknown) => api.post(`/v2.1/servers/${id}/action`, body);
  assert.equal((await act({ 'os-start': null })).status, 409);
  assert.equal((await act({ 'os-stop': null })).status, 202);
  await api.cloud.until(id, ({ vmState, taskState }) => vmState === 'stopped' && taskState === null);
  const refused = await act({ 'os-stop': null });
  assert.equal(refused.body.conflictingRequest.message, `Cannot 'stop' instance ${id} while it is in vm_state stopped`);
  assert.equal((await api.get(`/v2.1/servers/${id}`)).body.server.status, 'SHUTOFF');
  assert.equal((await act({ 'os-start': null })).status, 202);
  await api.cloud.until(id, ({ vmState, taskState }) => vmState === 'active' && taskState === null);
  for (const type of ['SOFT', 'HARD']) {
    assert.equal((await act({ reboot: { type } })).status, 202);
    await api.cloud.until(id, ({ vmState, taskState }) => vmState === 'active' && taskState === null);
  }
  const console = await act({ 'os-getConsoleOutput': { length: 5 } });
  assert.equal(console.status, 200);
  assert.equal(typeof console.body.output, 'string');
  const diagnostics = (token: string) => api.get(`/v2.1/servers/${id}/diagnostics`, { version: '2.48', token });
  assert.equal((await diagnostics('member')).status, 403);
  assert.equal((await diagnostics('admin')).body.num_cpus, 1);
  assert.equal((await api.delete(`/v2.1/servers/${id}`)).status, 204);
  await api.cloud.gone(id);
  const gone = await api.get(`/v2.1/servers/${id}`);
  assert.equal(gone.status, 404);
  assert.equal(gone.body.itemNotFound.message, `Instance ${id} could not be found.`);
});

test('a locked server is left alone by its owner', async () => {
  const id = await api.active();
  assert.equal(
    (await api.post(`/v2.1/servers/${id}/action`, { lock: { locked_reason: 'mine' } }, { version: '2.73' })).status,
    202,
  );
  assert.equal((await api.get(`/v2.1/servers/${id}`, { version: '2.73' })).body.server.locked_reason, 'mine');
  assert.equal((await api.delete(`/v2.1/servers/${id}`)).status, 409);
  assert.equal((await api.post(`/v2.1/servers/${id}/action`, { unlock: null })).status, 202);
  assert.equal((await api.delete(`/v2.1/servers/${id}`)).status, 204);
  await api.cloud.gone(id);
});

test('lists: filters, sorting, pages, projects', async () => {
  const names = ['list-a', 'list-b', 'list-c'];
  for (const name of names) await api.active({ name });
  const listed = async (query: string, options = {}) => {
    const reply = await api.get(`/v2.1/servers?${query}`, options);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body.servers.map(({ name }: { name: string }) => name);
  };
  assert.deepEqual(await listed('name=list-&sort_key=display_name&sort_dir=asc'), names);
  assert.deepEqual(await listed('name=^list-b$'), ['list-b']);
  assert.deepEqual(await listed('name=list-.&status=ACTIVE'), names.toReversed());
  assert.deepEqual(await listed('name=list-&status=SHUTOFF'), []);
  assert.deepEqual(await listed('name=list', { token: 'other' }), []);
  assert.deepEqual((await listed('name=list&all_tenants=1', { token: 'admin' })).length, 3);
  assert.equal((await api.get('/v2.1/servers?all_tenants=1')).status, 403);
  const first = await api.get('/v2.1/servers/detail?name=list-&limit=2&sort_key=display_name&sort_dir=asc');
  assert.deepEqual((await api.get('/v2.1/servers?limit=0')).body, { servers: [] });
  assert.deepEqual((await api.get('/v2.1/flavors?limit=0')).body, { flavors: [] });
  assert.deepEqual(
    first.body.servers.map(({ name }: { name: string }) => name),
    ['list-a', 'list-b'],
  );
  const next = new URL(first.body.servers_links[0].href);
  const second = await api.get(next.pathname + next.search);
  assert.deepEqual(
    second.body.servers.map(({ name }: { name: string }) => name),
    ['list-c'],
  );
  assert.equal(second.body.servers_links, undefined);
  assert.equal((await api.get('/v2.1/servers?marker=nobody')).status, 400);
  assert.equal((await api.get('/v2.1/servers?sort_key=password')).status, 400);
  assert.equal((await api.get('/v2.1/servers?status=deleted')).status, 403);
});

test('metadata, tags and addresses of a server', async () => {
  const id = await api.active();
  const path = `/v2.1/servers/${id}/metadata`;
  assert.deepEqual((await api.post(path, { metadata: { a: '1', b: '2' } })).body.metadata, { a: '1', b: '2' });
  assert.deepEqual((await api.put(`${path}/a`, { meta: { a: '3' } })).body.meta, { a: '3' });
  assert.equal((await api.put(`${path}/a`, { meta: { b: '3' } })).status, 400);
  assert.equal((await api.delete(`${path}/b`)).status, 204);
  assert.equal((await api.delete(`${path}/b`)).status, 404);
  assert.deepEqual((await api.get(path)).body.metadata, { a: '3' });
  assert.deepEqual((await api.put(path, { metadata: {} })).body.metadata, {});
  const tags = `/v2.1/servers/${id}/tags`;
  assert.equal((await api.get(tags)).status, 404);
  const version = '2.26';
  assert.equal((await api.put(`${tags}/red`, undefined, { version })).status, 201);
  assert.equal((await api.put(`${tags}/red`, undefined, { version })).status, 204);
  assert.deepEqual((await api.get(tags, { version })).body.tags, ['red']);
  assert.equal((await api.get('/v2.1/servers?tags=red', { version })).body.servers.length, 1);
  assert.equal((await api.delete(`${tags}/red`, { version })).status, 204);
  const ips = (await api.get(`/v2.1/servers/${id}/ips`)).body.addresses;
  const [label] = Object.keys(ips);
  assert.equal(ips[label!][0].version, 4);
  assert.deepEqual((await api.get(`/v2.1/servers/${id}/ips/${label}`)).body, ips);
  const renamed = await api.put(`/v2.1/servers/${id}`, { server: { name: 'two' } });
  assert.equal(renamed.body.server.name, 'two');
  const [nic] = (await api.get(`/v2.1/servers/${id}/os-interface`)).body.interfaceAttachments;
  assert.equal(nic.net_id, NETWORK);
  assert.equal(nic.port_state, 'ACTIVE');
});

test('other projects and readers', async () => {
  const id = await api.active();
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['GET', '/metadata'],
    ['GET', '/os-interface'],
    ['GET', '/ips'],
  ] as const) {
    const reply = await api.ask(method, `/v2.1/servers/${id}${path}`, undefined, { token: 'other' });
    assert.equal(reply.status, 404, `${method} ${path}`);
  }
  assert.equal((await api.get(`/v2.1/servers/${id}`, { token: 'reader' })).status, 200);
  assert.equal((await api.delete(`/v2.1/servers/${id}`, { token: 'reader' })).status, 403);
  assert.equal((await api.post('/v2.1/servers', { server: serverBody }, { token: 'reader' })).status, 403);
  assert.equal((await api.get('/v2.1/servers', { token: '' })).status, 401);
});

test('several servers at once share a reservation', async () => {
  const reply = await api.post('/v2.1/servers', {
    server: { ...serverBody, name: 'many', min_count: 1, max_count: 2, return_reservation_id: true },
  });
  assert.match(reply.body.reservation_id, /^r-[a-z0-9]{8}$/);
  const { servers } = (await api.get(`/v2.1/servers?reservation_id=${reply.body.reservation_id}`)).body;
  assert.deepEqual(servers.map(({ name }: { name: string }) => name).sort(), ['many-1', 'many-2']);
  for (const { id } of servers) await api.cloud.active(id);
});

test("a fault's message names no place on the host; the action's events do, for admins", async () => {
  const words = "qemu-system-x86_64: could not open '/var/lib/kumo/nova/instances/x/disk' of http://10.0.0.5:9292/v2";
  for (const { driver } of api.cloud.hosts.values()) driver.fail('spawn', { message: words, times: 9 });
  try {
    const id = await api.create();
    await api.cloud.error(id);
    const member = (await api.get(`/v2.1/servers/${id}`)).body.server.fault;
    assert.match(member.message, /could not open '…' of …/);
    assert.doesNotMatch(JSON.stringify(member), /kumo|10\.0\.0\.5/);
    const actions = `/v2.1/servers/${id}/os-instance-actions`;
    const [{ request_id }] = (await api.get(actions)).body.instanceActions;
    const eventsFor = async (token: string) =>
      JSON.stringify((await api.get(`${actions}/${request_id}`, { token, version: '2.84' })).body);
    assert.ok((await eventsFor('admin')).includes(words));
    assert.doesNotMatch(await eventsFor('member'), /qemu/);
    await api.delete(`/v2.1/servers/${id}`);
    await api.cloud.gone(id);
  } finally {
    for (const { driver } of api.cloud.hosts.values()) driver.fail('spawn', undefined);
  }
});

test('access addresses are answered in canonical form, however they were written', async () => {
  const accessIPv6 = '0000:0000:0000:0000:0000:babe:220.12.22.2';
  const created = await api.post('/v2.1/servers', { server: { ...serverBody, accessIPv4: '192.0.2.1', accessIPv6 } });
  const path = `/v2.1/servers/${created.body.server.id}`;
  const { server } = (await api.get(path)).body;
  assert.deepEqual([server.accessIPv4, server.accessIPv6], ['192.0.2.1', '::babe:dc0c:1602']);
  const changed = await api.put(path, { server: { accessIPv6: '2001:0DB8:0:0:0:0:0:0001' } });
  assert.equal(changed.body.server.accessIPv6, '2001:db8::1');
  assert.equal((await api.put(path, { server: { accessIPv6: '' } })).body.server.accessIPv6, '');
});
