import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReadStream } from '@kumo/core/stream';
import type { Progress } from '../cli/progress.ts';
import { type CloudClients, cloudClients } from '../cloud/peers.ts';
import { daemonsOf } from '../cloud/process.ts';
import type { KumoConfig } from '../config/schema.ts';
import type { Secrets } from '../config/secrets.ts';
import { guestImage } from './guest-image.ts';

/** Ids as people know them from DevStack. */
const FLAVORS = [
  { id: '42', name: 'm1.nano', ram: 64, vcpus: 1, disk: 1 },
  { id: '84', name: 'm1.micro', ram: 128, vcpus: 1, disk: 1 },
  { id: '1', name: 'm1.tiny', ram: 512, vcpus: 1, disk: 1 },
  { id: '2', name: 'm1.small', ram: 2048, vcpus: 1, disk: 20 },
  { id: '3', name: 'm1.medium', ram: 4096, vcpus: 2, disk: 40 },
  { id: '4', name: 'm1.large', ram: 8192, vcpus: 4, disk: 80 },
];

/**
 * Makes the first flavors, image, networks and router, once per cloud: what a user deletes later stays deleted. A start
 * that was cut off goes on where it stood.
 */
export async function ensureFirstContent(config: KumoConfig, secrets: Secrets, progress: Progress): Promise<void> {
  const marker = join(config.stateDir, 'first-content.json');
  const here = new Set<string>(daemonsOf(config).map(({ name }) => name));
  if (existsSync(marker) || !here.has('nova-api') || !here.has('keystone')) return;
  const clients = cloudClients(config, { username: 'admin', password: secrets.admin, project: 'admin' });
  try {
    await ensureFlavors(clients);
    await ensureNetworks(clients, config);
    await ensureImage(clients, progress);
  } finally {
    await clients.close();
  }
  writeFileSync(marker, `${JSON.stringify({ madeAt: new Date().toISOString() })}\n`, { mode: 0o600 });
}

async function ensureFlavors({ nova }: CloudClients): Promise<void> {
  const { flavors } = await nova.listFlavors({ query: {} });
  const known = new Set(flavors.map(({ id }) => id));
  for (const flavor of FLAVORS) if (!known.has(flavor.id)) await nova.createFlavor({ body: { flavor } });
}

async function ensureImage({ glance }: CloudClients, progress: Progress): Promise<void> {
  const { images } = await glance.listImages({ query: { name: 'kumo-guest' } });
  if (images.some(({ status }) => status === 'active')) return;
  const file = await guestImage(progress);
  const image =
    images[0] ??
    (await glance.createImage({
      body: {
        name: 'kumo-guest',
        disk_format: 'qcow2',
        container_format: 'bare',
        visibility: 'public',
        min_ram: 64,
        hw_rng_model: 'virtio',
        hw_disk_bus: 'virtio',
        hw_vif_model: 'virtio',
        os_type: 'linux',
      },
    }));
  await glance.uploadImage({
    params: { image_id: image.id },
    headers: { 'content-type': 'application/octet-stream' },
    body: await openReadStream(file),
    deadlineMs: 300_000,
  });
}

/** `public` outside, `private` inside and shared with every project, a router between them. */
async function ensureNetworks(clients: CloudClients, config: KumoConfig): Promise<void> {
  const { firstContent } = config;
  const publicId = await ensureNetwork(clients, {
    name: 'public',
    'router:external': true,
    'provider:network_type': 'flat',
    'provider:physical_network': 'public',
  });
  await ensureSubnet(clients, {
    network_id: publicId,
    name: 'public-subnet',
    ip_version: 4,
    cidr: firstContent.publicCidr,
    gateway_ip: firstContent.publicGateway,
    enable_dhcp: false,
    allocation_pools: [{ start: firstContent.publicPoolStart, end: firstContent.publicPoolEnd }],
  });
  const privateId = await ensureNetwork(clients, { name: 'private', shared: true });
  const subnetId = await ensureSubnet(clients, {
    network_id: privateId,
    name: 'private-subnet',
    ip_version: 4,
    cidr: firstContent.privateCidr,
  });
  await ensureRouter(clients, publicId, subnetId);
}

type NetworkWanted = Parameters<CloudClients['neutron']['createNetwork']>[0]['body']['network'];
type SubnetWanted = Parameters<CloudClients['neutron']['createSubnet']>[0]['body']['subnet'];

async function ensureNetwork({ neutron }: CloudClients, wanted: NetworkWanted): Promise<string> {
  const { networks } = await neutron.listNetworks({ query: { name: [wanted.name ?? ''] } });
  return networks[0]?.id ?? (await neutron.createNetwork({ body: { network: wanted } })).network.id;
}

async function ensureSubnet({ neutron }: CloudClients, wanted: SubnetWanted): Promise<string> {
  const { subnets } = await neutron.listSubnets({ query: { network_id: [wanted.network_id] } });
  return subnets[0]?.id ?? (await neutron.createSubnet({ body: { subnet: wanted } })).subnet.id;
}

async function ensureRouter({ neutron }: CloudClients, publicId: string, subnetId: string): Promise<void> {
  const { routers } = await neutron.listRouters({ query: { name: ['router1'] } });
  const routerId =
    routers[0]?.id ??
    (
      await neutron.createRouter({
        body: { router: { name: 'router1', external_gateway_info: { network_id: publicId } } },
      })
    ).router.id;
  const { ports } = await neutron.listPorts({
    query: { device_id: [routerId], device_owner: ['network:router_interface'] },
  });
  if (ports.length === 0)
    await neutron.addRouterInterface({ params: { router_id: routerId }, body: { subnet_id: subnetId } });
}
