/** Every flow of nova-compute under core/flow's laws: fails anywhere, is killed anywhere, is cancelled anywhere, and leaves nothing. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { flowLaws } from '@kumo/core/flow';
import { novaQuotas, usageOf } from '../../src/app/quotas.ts';
import { Allocations } from '../../src/compute/allocations.ts';
import { ImageCache } from '../../src/compute/image-cache.ts';
import { neighbourClients } from '../../src/compute/neighbour-clients.ts';
import { NetworkSide } from '../../src/compute/network-side.ts';
import { VolumeSide } from '../../src/compute/volume-side.ts';
import { blockDevicesOf, insertBlockDevices } from '../../src/db/block-devices.ts';
import { insertServers, updateServer } from '../../src/db/servers.ts';
import { FakeDriver } from '../../src/drivers/virt/fake/fake-driver.ts';
import { type ComputeDeps, handleOf } from '../../src/flows/flow-deps.ts';
import { interfaceAttach } from '../../src/flows/interface-attach.ts';
import { interfaceDetach } from '../../src/flows/interface-detach.ts';
import { serverBuild } from '../../src/flows/server-build.ts';
import { serverDelete } from '../../src/flows/server-delete.ts';
import { serverPower } from '../../src/flows/server-power.ts';
import { volumeAttach } from '../../src/flows/volume-attach.ts';
import { volumeDetach } from '../../src/flows/volume-detach.ts';
import { conductorRpc } from '../../src/rpc/conductor.ts';
import { type Cloud, type NewServer, newDevice, newServer, PROJECT, startCloud } from './cloud.ts';

const HOST = 'laws-host';
const NETWORK = 'b0000000-0000-4000-8000-000000000001';
let cloud: Cloud;
let deps: ComputeDeps;
let driver: FakeDriver;

before(async () => {
  // No nova-compute: the laws' own runner is this host's.
  cloud = await startCloud({ hosts: [] });
  const { env } = cloud;
  const { glance, neutron, cinder, placement } = neighbourClients(env, 'nova-compute');
  const conductor = env.bus.client(conductorRpc, { from: 'nova-compute' });
  driver = new FakeDriver();
  deps = {
    ...{ host: HOST, conductor, guests: driver, network: new NetworkSide(neutron, HOST) },
    images: new ImageCache(join(env.stateDir, 'images'), glance),
    volumes: new VolumeSide(cinder, conductor, { connector: { host: HOST, ip: '127.0.0.1' }, takesFakes: false }),
    ...{ allocations: new Allocations(placement), seedSecret: 'seed', vifPlugTimeoutMs: 2_000, nudge: () => {} },
  };
});
after(() => cloud.stop());

/** A server that was scheduled here, bound to this host so that its failure is final. */
async function scheduled(wanted: NewServer = {}): Promise<string> {
  const id = randomUUID();
  const server = newServer(id, { ...wanted, request: { ...wanted.request, host: HOST } });
  await cloud.db.transaction(async (tx) => {
    await novaQuotas(cloud.db, {
      ...cloud.config,
      quota: { ...cloud.config.quota, instances: -1, cores: -1, ramMb: -1 },
    }).charge(tx, PROJECT, usageOf(server.flavor));
    await insertServers(tx, [{ ...server, host: HOST, node: HOST }]);
    const devices = (wanted.devices ?? []).map((device) => newDevice(id, device));
    await insertBlockDevices(tx, devices);
  });
  return id;
}

/** A server that runs here, with one of Nova's ports and one of the user's. */
async function running(taskState: 'deleting' | 'powering-off' | null): Promise<string> {
  const users = cloud.neutron.create({ network_id: NETWORK });
  const id = await scheduled({ networks: [{ networkId: NETWORK }, { portId: users.id }] });
  const signal = new AbortController().signal;
  const server = await deps.conductor.describeServer({ serverId: id });
  const networkInfo = await deps.network.ensurePorts(server, { signal });
  const nics = networkInfo.map((nic) => deps.network.nicOf(nic));
  await driver.spawn({ serverId: id, name: 'x', vcpus: 1, memoryMb: 64, rootGb: 1, disks: [], nics }, signal);
  await updateServer(cloud.db.q, id, { vmState: 'active', powerState: 1, networkInfo, taskState });
  return id;
}

async function leftOf(id: string): Promise<string[]> {
  const left: string[] = [];
  for (const port of cloud.neutron.ports.values()) if (port.device_id === id) left.push(`port ${port.id}`);
  for (const one of cloud.cinder.attachments.values()) if (one.instance === id) left.push(`attachment ${one.id}`);
  if ((await driver.state(handleOf(id))) !== 'gone') left.push('guest');
  return left;
}

test('server.build', async (t) => {
  const makeWorld = async () => {
    const volume = cloud.cinder.addVolume({});
    const id = await scheduled({
      devices: [{ volumeId: volume.id }, { sourceType: 'blank', volumeSizeGb: 1 }],
      configDrive: true,
    });
    return { deps, input: { serverId: id, attempt: 1, excludeHosts: [] }, volumeId: volume.id };
  };
  await flowLaws(t, serverBuild, makeWorld, async ({ input: { serverId }, volumeId }, ended) => {
    const server = (await cloud.show(serverId))!;
    if (ended === 'failed') {
      const wrong = server.vmState === 'error' && server.fault ? [] : [`it is ${server.vmState}`];
      return [...wrong, ...(await leftOf(serverId))];
    }
    const wrong: string[] = [];
    if (server.vmState !== 'active' || server.taskState !== null) wrong.push(`it is ${server.vmState}`);
    if ((await driver.state(handleOf(serverId))) !== 'running') wrong.push('no guest');
    const ports = [...cloud.neutron.ports.values()].filter(({ device_id }) => device_id === serverId);
    if (ports.length !== 1) wrong.push(`${ports.length} ports`);
    const attached = [...cloud.cinder.attachments.values()].filter(({ instance }) => instance === serverId);
    if (attached.length !== 2 || attached.some(({ status }) => status !== 'attached')) wrong.push('attachments');
    const made = [...cloud.cinder.volumes.values()].filter(({ id }) => attached.some((one) => one.volume_id === id));
    if (made.length !== 2 || !made.some(({ id }) => id === volumeId)) wrong.push('volumes');
    return wrong;
  });
});

test('server.delete', async (t) => {
  const makeWorld = async () => ({ deps, input: { serverId: await running('deleting') } });
  await flowLaws(t, serverDelete, makeWorld, async ({ input: { serverId } }, ended) => {
    const server = (await cloud.show(serverId))!;
    // A deletion has no way back: one that failed leaves the server in ERROR, to be deleted again.
    if (ended === 'failed') return server.deleted || server.vmState === 'error' ? [] : [`it is ${server.vmState}`];
    const users = [...cloud.neutron.ports.values()].find(({ id }) => id === server.request.networks[1]!.portId);
    const kept = users && users.device_id === '' ? [] : ["the user's port is gone or still bound"];
    return [...(server.deleted ? [] : ['still there']), ...kept, ...(await leftOf(serverId))];
  });
});

test('server.power', async (t) => {
  const makeWorld = async () => ({ deps, input: { serverId: await running('powering-off'), action: 'stop' as const } });
  await flowLaws(t, serverPower, makeWorld, async ({ input: { serverId } }, ended) => {
    const { vmState, taskState } = (await cloud.show(serverId))!;
    const truth = (await driver.state(handleOf(serverId))) === 'running' ? 'active' : 'stopped';
    if (ended === 'done') return vmState === 'stopped' && taskState === null && truth === 'stopped' ? [] : [vmState];
    // Whatever became of the guest is what is shown; a cancelled one is being deleted.
    return vmState === truth || taskState !== null ? [] : [`${vmState} is shown for ${truth}`];
  });
});

test('volume.attach', async (t) => {
  const makeWorld = async () => {
    const serverId = await running(null);
    const device = newDevice(serverId, { volumeId: cloud.cinder.addVolume({}).id });
    await insertBlockDevices(cloud.db.q, [device]);
    return { deps, input: { serverId, blockDeviceId: device.id } };
  };
  await flowLaws(t, volumeAttach, makeWorld, async ({ input: { serverId } }, ended) => {
    const devices = await blockDevicesOf(cloud.db.q, [serverId]);
    const disks = (await driver.spec(serverId))!.disks.length;
    const attached = [...cloud.cinder.attachments.values()].filter(({ instance }) => instance === serverId);
    const count = ended === 'done' ? 1 : 0;
    assert.deepEqual(
      { devices: devices.length, disks, attached: attached.length },
      { devices: count, disks: count, attached: count },
    );
    return [];
  });
});

test('volume.detach', async (t) => {
  const makeWorld = async () => {
    const serverId = await running(null);
    const volumeId = cloud.cinder.addVolume({}).id;
    const device = newDevice(serverId, { volumeId });
    await insertBlockDevices(cloud.db.q, [device]);
    const { disk } = await deps.volumes.ensureOne(serverId, device.id, {});
    await driver.volumes.attach(handleOf(serverId), disk, new AbortController().signal);
    return { deps, input: { serverId, blockDeviceId: device.id, volumeId } };
  };
  await flowLaws(t, volumeDetach, makeWorld, async ({ input: { serverId, volumeId } }, ended) => {
    if (ended === 'failed') return [];
    const left = (await blockDevicesOf(cloud.db.q, [serverId])).map(({ id }) => `block device ${id}`);
    if ((await driver.spec(serverId))!.disks.length > 0) left.push('disk');
    if (cloud.cinder.volumes.get(volumeId)!.status !== 'available') left.push('volume is not available');
    return left;
  });
});

test('interface.attach', async (t) => {
  const makeWorld = async () => ({
    deps,
    input: { serverId: await running(null), network: { networkId: NETWORK } },
  });
  await flowLaws(t, interfaceAttach, makeWorld, async ({ input: { serverId } }, ended) => {
    const ports = [...cloud.neutron.ports.values()].filter(({ device_id }) => device_id === serverId).length;
    const nics = (await driver.spec(serverId))!.nics.length;
    const expected = ended === 'done' ? 3 : 2;
    const info = (await cloud.show(serverId))!.networkInfo.length;
    const wrong = ports === expected && nics === expected ? [] : [`${ports} ports, ${nics} interfaces`];
    return ended === 'done' && info !== 3 ? [...wrong, `${info} are shown`] : wrong;
  });
});

test('interface.detach', async (t) => {
  const makeWorld = async () => {
    const serverId = await running(null);
    const { networkInfo } = (await cloud.show(serverId))!;
    return { deps, input: { serverId, portId: networkInfo[0]!.portId } };
  };
  await flowLaws(t, interfaceDetach, makeWorld, async ({ input: { serverId, portId } }, ended) => {
    if (ended === 'failed') return [];
    const left = cloud.neutron.ports.has(portId) ? ['port'] : [];
    if ((await driver.spec(serverId))!.nics.length !== 1) left.push('interface');
    if ((await cloud.show(serverId))!.networkInfo.length !== 1) left.push('network info');
    return left;
  });
});
