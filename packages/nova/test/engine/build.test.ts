import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { blockDevicesOf } from '../../src/db/block-devices.ts';
import { eventsOf } from '../../src/db/instance-actions.ts';
import { handleOf } from '../../src/flows/flow-deps.ts';
import { serverPower } from '../../src/flows/server-power.ts';
import { type Cloud, PROJECT, startCloud } from './cloud.ts';

let cloud: Cloud;
beforeEach(async () => {
  cloud = await startCloud({ hosts: ['host-1', 'host-2'] });
});
afterEach(() => cloud.stop());

const drivers = () => [...cloud.hosts.values()].map(({ driver }) => driver);
const signal = () => new AbortController().signal;

async function deleted(...ids: string[]): Promise<void> {
  for (const id of ids) await cloud.delete(id);
  for (const id of ids) await cloud.gone(id);
  await cloud.nothingLeft();
}

test('a server becomes active with a port, an allocation and a guest, and leaves nothing when it is deleted', async () => {
  const id = await cloud.create();
  const server = await cloud.active(id);
  assert.deepEqual([server.taskState, server.powerState, server.fault], [null, 1, null]);
  assert.notEqual(server.launchedAt, null);
  assert.equal(server.availabilityZone, 'nova');
  assert.match(server.networkInfo[0]!.addresses[0]!.address, /^10\.0\.0\./);
  assert.deepEqual(await cloud.hosts.get(server.host!)!.driver.list(), [id]);
  assert.equal(Object.keys(await cloud.allocatedTo(id)).length, 1);
  assert.equal([...cloud.neutron.ports.values()][0]!['binding:host_id'], server.host);
  const [action] = await cloud.db.q.selectFrom('instance_actions').selectAll().execute();
  const [event] = await eventsOf(cloud.db.q, action!.id);
  assert.deepEqual([event!.event, event!.result], ['compute__do_build_and_run_instance', 'Success']);
  assert.notEqual(action!.finish_time, null);
  await deleted(id);
  const used = await cloud.db.q.selectFrom('quota_usages').select('in_use').where('project_id', '=', PROJECT).execute();
  assert.deepEqual([...new Set(used.map(({ in_use }) => in_use))], [0]);
});

test('an image is downloaded once per host, however many servers want it', async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => cloud.create()));
  await Promise.all(ids.map(cloud.active));
  assert.ok(cloud.glance.downloads <= 2, `${cloud.glance.downloads} downloads`);
});

test('no network, a port of the user, boot from a new volume, an attached volume, a config drive', async () => {
  const none = await cloud.active(await cloud.create({ networks: [] }));
  assert.deepEqual(none.networkInfo, []);
  const port = cloud.neutron.create({ network_id: 'n' });
  const users = await cloud.active(await cloud.create({ networks: [{ portId: port.id }] }));
  assert.equal(users.networkInfo[0]!.preserveOnDelete, true);
  const data = cloud.cinder.addVolume({});
  const fromVolume = await cloud.active(
    await cloud.create({
      imageRef: '',
      configDrive: true,
      devices: [{ sourceType: 'image', imageId: 'i', bootIndex: 0, deleteOnTermination: true }, { volumeId: data.id }],
    }),
  );
  const spec = await cloud.hosts.get(fromVolume.host!)!.driver.spec(fromVolume.id);
  assert.equal(spec!.image, undefined);
  assert.deepEqual(
    spec!.disks.map(({ bootIndex }) => bootIndex),
    [0, undefined],
  );
  const [root] = await blockDevicesOf(cloud.db.q, [fromVolume.id]);
  assert.equal(cloud.cinder.volumes.get(root!.volumeId!)!.status, 'in-use');
  await deleted(none.id, users.id, fromVolume.id);
  assert.equal(port.device_id, '');
  assert.deepEqual([...cloud.cinder.volumes.keys()], [data.id]);
  assert.equal(cloud.cinder.volumes.get(data.id)!.status, 'available');
});

test('a host that cannot start the guest is left for another one', async () => {
  const [first, second] = drivers();
  first!.fail('spawn', { message: 'no such machine' });
  const ids = await Promise.all(Array.from({ length: 6 }, () => cloud.create()));
  const servers = await Promise.all(ids.map(cloud.active));
  assert.deepEqual([...new Set(servers.map(({ host }) => host))], ['host-2']);
  assert.deepEqual(await first!.list(), []);
  assert.equal((await second!.list()).length, 6);
  assert.equal(cloud.neutron.ports.size, 6);
});

test('when no host can, the fault names the cause and everything but the record is gone', async () => {
  for (const driver of drivers()) driver.fail('spawn', { message: 'the hypervisor is on strike' });
  const id = await cloud.create({ devices: [{ volumeId: cloud.cinder.addVolume({}).id }] });
  const server = await cloud.error(id);
  assert.match(server.fault!.message, /on strike/);
  assert.match(server.fault!.details!, /RetryFilter refused 2 of 2/);
  assert.deepEqual([server.host, server.taskState], [null, null]);
  await cloud.nothingLeft();
  await deleted(id);
});

test('a server that fits nowhere is refused in words, with numbers for admins', async () => {
  const server = await cloud.error(await cloud.create({ flavor: { vcpus: 500 } }));
  assert.equal(
    server.fault!.message,
    'No valid host was found. There are not enough free resources (CPU, memory or disk).',
  );
  assert.equal(server.fault!.code, 500);
  assert.match(server.fault!.details!, /PlacementFilter refused 2 of 2: host-1, host-2/);
});

test('an image whose data are wrong is not tried on another host', async () => {
  cloud.glance.hash = '00';
  const server = await cloud.error(await cloud.create());
  assert.match(server.fault!.message, /do not match their checksum/);
  assert.equal(cloud.glance.downloads, 1);
  assert.equal(cloud.neutron.ports.size, 0);
});

test('a build waits for its ports, with and without the event', async () => {
  cloud.neutron.boundStatus = 'DOWN';
  const id = await cloud.create();
  const waiting = await cloud.until(
    id,
    ({ taskState, networkInfo }) => taskState === 'spawning' && networkInfo.length > 0,
  );
  const { portId } = waiting.networkInfo[0]!;
  const event = { name: 'network-vif-plugged', serverId: id, tag: portId, status: 'completed' };
  await cloud.computes().externalEvents({ events: [event] }, { server: waiting.host! });
  assert.equal((await cloud.active(id)).networkInfo[0]!.status, 'ACTIVE');
  const silent = await cloud.create();
  await cloud.until(silent, ({ taskState }) => taskState === 'spawning');
  for (const port of cloud.neutron.ports.values()) port.status = 'ACTIVE';
  await cloud.active(silent);
});

test('ports that are never wired end the build with a fault', async () => {
  await cloud.stop();
  cloud = await startCloud({ config: { compute: { vifPlugTimeoutMs: 300 } } });
  cloud.neutron.boundStatus = 'DOWN';
  const server = await cloud.error(await cloud.create({ request: { host: 'host-1' } }));
  assert.match(server.fault!.message, /did not report within/);
  await cloud.nothingLeft();
});

test('a server that is deleted while it is built is gone soon', async () => {
  for (const { driver } of cloud.hosts.values()) driver.fail('spawn', undefined);
  cloud.neutron.boundStatus = 'DOWN';
  const ids = await Promise.all(Array.from({ length: 4 }, () => cloud.create()));
  await Promise.all(ids.map((id) => cloud.until(id, ({ taskState }) => taskState === 'spawning')));
  const began = Date.now();
  await Promise.all(ids.map((id) => cloud.delete(id)));
  await Promise.all(ids.map(cloud.gone));
  assert.ok(Date.now() - began < 4_000, `${Date.now() - began} ms`);
  const early = await cloud.create();
  await cloud.delete(early);
  await cloud.gone(early);
  await cloud.nothingLeft();
});

test('power: stop, start, reboot; a guest that ends by itself is shown as stopped; a lost one is made again', async () => {
  const id = await cloud.create();
  const { host } = await cloud.active(id);
  const { driver } = cloud.hosts.get(host!)!;
  await cloud.act(serverPower, { serverId: id, action: 'stop' }, 'powering-off');
  await cloud.until(
    id,
    ({ vmState, taskState, powerState }) => vmState === 'stopped' && taskState === null && powerState === 4,
  );
  await cloud.act(serverPower, { serverId: id, action: 'start' }, 'powering-on');
  await cloud.until(id, ({ vmState, taskState }) => vmState === 'active' && taskState === null);
  await cloud.act(serverPower, { serverId: id, action: 'reboot-hard' }, 'rebooting_hard');
  await cloud.until(id, ({ vmState, taskState }) => vmState === 'active' && taskState === null);
  await driver.guestDoes(id, 'shutdown');
  await cloud.until(id, ({ vmState, powerState }) => vmState === 'stopped' && powerState === 4);
  await driver.destroy(handleOf(id));
  await cloud.act(serverPower, { serverId: id, action: 'start' }, 'powering-on');
  await cloud.until(id, ({ vmState, taskState }) => vmState === 'active' && taskState === null);
  assert.equal(await driver.state(handleOf(id)), 'running');
  assert.match((await cloud.computes().consoleOutput({ serverId: id }, { server: host! })).output, /started/);
  assert.equal((await cloud.computes().diagnostics({ serverId: id }, { server: host! })).driver, 'fake');
  await driver.power(handleOf(id), 'stop', signal());
  await assert.rejects(cloud.computes().diagnostics({ serverId: id }, { server: host! }), /not running/);
});
