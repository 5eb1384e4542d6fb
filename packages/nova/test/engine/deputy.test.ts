/**
 * Nova asks the other services for what its users chose: it is decided as theirs. What nova-api looks at first is passed by
 * here, as a race, a crash or a change of rights would pass it by.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { blockDevicesOf, insertBlockDevices } from '../../src/db/block-devices.ts';
import { interfaceAttach } from '../../src/flows/interface-attach.ts';
import { volumeAttach } from '../../src/flows/volume-attach.ts';
import { type Cloud, type NewServer, newDevice, PROJECT } from './cloud.ts';
import { clientsOf, startWithRealServices, stopRealServices } from './real-services.ts';

let cloud: Cloud;
let imageId: string;
let shared: string;
let external: string;
/** Of another project's: a network, a port on the shared one, a group, an image, a volume, a snapshot. */
const theirs = { network: '', port: '', group: '', image: '', volume: '', snapshot: '' };
const member = clientsOf('member');
const other = clientsOf('other');
const admin = clientsOf('admin');

async function imageOf(owner: typeof member, visibility: 'private' | 'public' | 'shared', fill: number) {
  const body = { name: 'tiny', disk_format: 'raw', container_format: 'bare', visibility };
  const { id } = await owner.glance.createImage({ body });
  await owner.glance.uploadImage({ params: { image_id: id }, body: Buffer.alloc(1 << 20, fill) });
  return id;
}

async function networkOf(owner: typeof member, cidr: string, more = {}) {
  const { id } = (await owner.neutron.createNetwork({ body: { network: { name: cidr, ...more } } })).network;
  await owner.neutron.createSubnet({ body: { subnet: { network_id: id, cidr, ip_version: 4 } } });
  return id;
}

async function available(owner: typeof member, volumeId: string) {
  for (let look = 0; look < 200; look++) {
    const { volume } = await owner.cinder.showVolume({ params: { volume_id: volumeId } });
    if (volume.status === 'available') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`volume ${volumeId} is not available`);
}

before(async () => {
  cloud = await startWithRealServices();
  imageId = await imageOf(admin, 'public', 1);
  shared = await networkOf(admin, '10.97.0.0/24', { shared: true, project_id: '5'.repeat(32) });
  external = await networkOf(admin, '10.98.0.0/24', { 'router:external': true, project_id: '5'.repeat(32) });
  theirs.network = await networkOf(other, '10.99.0.0/24');
  theirs.port = (await other.neutron.createPort({ body: { port: { network_id: shared } } })).port.id;
  const group = { name: 'theirs' };
  theirs.group = (await other.neutron.createSecurityGroup({ body: { security_group: group } })).security_group.id;
  theirs.image = await imageOf(other, 'private', 2);
  theirs.volume = (await other.cinder.createVolume({ body: { volume: { size: 1 } } })).volume.id;
  await available(other, theirs.volume);
  const snapshot = { volume_id: theirs.volume };
  theirs.snapshot = (await other.cinder.createSnapshot({ body: { snapshot } })).snapshot.id;
});
after(() => stopRealServices(cloud));

const portsOf = async (id: string) => (await admin.neutron.listPorts({ query: { device_id: [id] } })).ports;
const create = (more: NewServer) => cloud.create({ imageRef: imageId, networks: [{ networkId: shared }], ...more });

test('what a member may have, he gets: an address by chance on a shared network, a chosen one on his own', async () => {
  const own = await networkOf(member, '10.96.0.0/24');
  const id = await create({ networks: [{ networkId: shared }, { networkId: own, fixedIp: '10.96.0.77' }] });
  const server = await cloud.active(id);
  assert.equal(server.networkInfo[1]!.addresses[0]!.address, '10.96.0.77');
  const ports = await portsOf(id);
  assert.deepEqual(
    ports.map((port) => [port.project_id, port['binding:host_id']]),
    [
      [PROJECT, 'host-1'],
      [PROJECT, 'host-1'],
    ],
  );
  await cloud.delete(id);
  await cloud.gone(id);
  await cloud.flowsEnd();
  assert.deepEqual(await portsOf(id), []);
});

const FORBIDDEN: Record<string, () => NewServer> = {
  'an address on a shared network': () => ({ networks: [{ networkId: shared, fixedIp: '10.97.0.200' }] }),
  "a shared network's gateway": () => ({ networks: [{ networkId: shared, fixedIp: '10.97.0.1' }] }),
  'an external network': () => ({ networks: [{ networkId: external }] }),
  "another project's network": () => ({ networks: [{ networkId: theirs.network }] }),
  "another project's port": () => ({ networks: [{ portId: theirs.port }] }),
  "another project's group": () => ({ request: { securityGroupIds: [theirs.group] } }),
  "another project's image": () => ({ imageRef: theirs.image }),
  "another project's image in a volume": () => ({
    devices: [{ sourceType: 'image', imageId: theirs.image, volumeSizeGb: 1 }],
  }),
  "another project's snapshot": () => ({
    devices: [{ sourceType: 'snapshot', snapshotId: theirs.snapshot, volumeSizeGb: 1 }],
  }),
  "another project's volume": () => ({ devices: [{ volumeId: theirs.volume }] }),
};
for (const [what, wanted] of Object.entries(FORBIDDEN))
  test(`a server that names ${what} is not built, and leaves nothing`, async () => {
    const more = wanted();
    const id = await create(more);
    const { fault } = await cloud.error(id);
    assert.match(fault!.message, /n't|not |disallowed|No image|unable/, JSON.stringify(fault));
    await cloud.flowsEnd();
    assert.deepEqual(await portsOf(id), []);
    assert.ok(!(await cloud.hosts.get('host-1')!.driver.list()).includes(id));
    const { port } = await other.neutron.showPort({ params: { port_id: theirs.port } });
    assert.equal(port.device_id, '');
    const { volume } = await other.cinder.showVolume({ params: { volume_id: theirs.volume } });
    assert.equal(volume.status, 'available');
  });

test('a running server gets no interface and no volume that its user may not have', async () => {
  const id = await create({});
  await cloud.active(id);
  const before = await portsOf(id);
  const networks = [
    { networkId: shared, fixedIp: '10.97.0.201' },
    { networkId: external },
    { networkId: theirs.network },
    { portId: theirs.port },
  ];
  for (const network of networks) {
    await cloud.act(interfaceAttach, { serverId: id, network });
    await cloud.flowsEnd();
    assert.deepEqual(
      (await portsOf(id)).map((port) => port.id),
      before.map((port) => port.id),
      JSON.stringify(network),
    );
  }
  const device = newDevice(id, { volumeId: theirs.volume });
  await insertBlockDevices(cloud.db.q, [device]);
  await cloud.act(volumeAttach, { serverId: id, blockDeviceId: device.id });
  await cloud.flowsEnd();
  assert.equal((await other.cinder.showVolume({ params: { volume_id: theirs.volume } })).volume.status, 'available');
  assert.deepEqual(await blockDevicesOf(cloud.db.q, [id]), []);
});

test('a volume of others whose metadata claim that Nova made it is not taken for that', async () => {
  const device = { id: randomUUID(), sourceType: 'blank' as const, volumeSizeGb: 1, deleteOnTermination: true };
  const { volume: bait } = await other.cinder.createVolume({
    body: { volume: { size: 1, metadata: { nova_block_device: device.id } } },
  });
  const id = await create({ devices: [device] });
  await cloud.active(id);
  const [made] = await blockDevicesOf(cloud.db.q, [id]);
  assert.notEqual(made!.volumeId, bait.id);
  await cloud.delete(id);
  await cloud.gone(id);
  assert.equal((await other.cinder.showVolume({ params: { volume_id: bait.id } })).volume.status, 'available');
});

test('a cached image is only for those to whom Glance shows it; equal contents are one file', async () => {
  const mine = await imageOf(member, 'shared', 3);
  const builds = async (image: string) => {
    const id = await create({ imageRef: image, networks: [] });
    return (await cloud.active(id)).vmState;
  };
  assert.equal(await builds(mine), 'active');
  assert.equal(await builds(await imageOf(member, 'private', 3)), 'active');
  const lent = await imageOf(other, 'shared', 4);
  await other.glance.createImageMember({ params: { image_id: lent }, body: { member: PROJECT } });
  assert.equal(await builds(lent), 'active');
  await other.glance.deleteImageMember({ params: { image_id: lent, member_id: PROJECT } });
  const withdrawn = await create({ imageRef: lent, networks: [] });
  assert.equal((await cloud.error(withdrawn)).fault!.code, 404);
  await member.glance.deleteImage({ params: { image_id: mine } });
  const deleted = await create({ imageRef: mine, networks: [] });
  assert.equal((await cloud.error(deleted)).fault!.code, 404);
});
