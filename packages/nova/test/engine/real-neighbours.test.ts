/** The engine with the real Glance, Neutron and Cinder. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { blockDevicesOf, insertBlockDevices } from '../../src/db/block-devices.ts';
import { serverPower } from '../../src/flows/server-power.ts';
import { volumeAttach } from '../../src/flows/volume-attach.ts';
import { volumeDetach } from '../../src/flows/volume-detach.ts';
import { type Cloud, newDevice, PROJECT } from './cloud.ts';
import { clientsOf, startWithRealServices, stopRealServices } from './real-services.ts';

let cloud: Cloud;
let imageId: string;
let networkId: string;
const { glance, neutron, cinder } = clientsOf('admin');

before(async () => {
  cloud = await startWithRealServices();
  const image = { name: 'tiny', disk_format: 'raw', container_format: 'bare' };
  imageId = (await glance.createImage({ body: image })).id;
  await glance.uploadImage({ params: { image_id: imageId }, body: Buffer.alloc(1 << 20, 1) });
  networkId = (await neutron.createNetwork({ body: { network: { name: 'private' } } })).network.id;
  const subnet = { network_id: networkId, cidr: '10.1.0.0/24', ip_version: 4 as const };
  await neutron.createSubnet({ body: { subnet } });
});
after(() => stopRealServices(cloud));

const create = (more: object = {}) => cloud.create({ imageRef: imageId, networks: [{ networkId }], ...more });
const portsOf = async (id: string) => (await neutron.listPorts({ query: { device_id: [id] } })).ports;

test('a server with a config drive and a volume is built, stopped, gets and loses a volume, and is deleted', async () => {
  const { volume } = await cinder.createVolume({ body: { volume: { size: 1 } } });
  const id = await create({
    configDrive: true,
    devices: [{ sourceType: 'blank', volumeSizeGb: 1, deleteOnTermination: true }],
  });
  const server = await cloud.active(id);
  const [port] = await portsOf(id);
  assert.deepEqual([port!.status, port!['binding:host_id'], port!.project_id], ['ACTIVE', 'host-1', PROJECT]);
  assert.equal(server.networkInfo[0]!.networkLabel, 'private');
  const [device] = await blockDevicesOf(cloud.db.q, [id]);
  const made = device!.volumeId!;
  assert.equal((await cinder.showVolume({ params: { volume_id: made } })).volume.status, 'in-use');
  await cloud.act(serverPower, { serverId: id, action: 'stop' }, 'powering-off');
  await cloud.until(id, ({ vmState }) => vmState === 'stopped');
  const wanted = newDevice(id, { volumeId: volume.id });
  await insertBlockDevices(cloud.db.q, [wanted]);
  await cloud.act(volumeAttach, { serverId: id, blockDeviceId: wanted.id });
  await cloud.flowsEnd();
  assert.equal((await cinder.showVolume({ params: { volume_id: volume.id } })).volume.status, 'in-use');
  await cloud.act(volumeDetach, { serverId: id, blockDeviceId: wanted.id, volumeId: volume.id });
  await cloud.flowsEnd();
  assert.equal((await cinder.showVolume({ params: { volume_id: volume.id } })).volume.status, 'available');
  await cloud.delete(id);
  await cloud.gone(id);
  await cloud.flowsEnd();
  assert.deepEqual(await portsOf(id), []);
  assert.deepEqual(await cloud.allocatedTo(id), {});
});

test('a failed build leaves nothing in Neutron and Cinder', async () => {
  cloud.hosts.get('host-1')!.driver.fail('spawn', { message: 'not today' });
  const { volume } = await cinder.createVolume({ body: { volume: { size: 1 } } });
  const id = await create({ devices: [{ volumeId: volume.id }] });
  assert.match((await cloud.error(id)).fault!.message, /not today/);
  await cloud.flowsEnd();
  assert.deepEqual(await portsOf(id), []);
  assert.equal((await cinder.showVolume({ params: { volume_id: volume.id } })).volume.status, 'available');
});
