import { createHash } from 'node:crypto';
import { flatText, wireTime } from '@kumo/core/http';
import type { Static } from 'typebox';
import { statusOf } from '../../app/server-status.ts';
import type { FlavorSnapshot, FullServer, NetworkInfo, Server } from '../../app/servers.ts';
import type { ServerBody } from '../servers.ts';

export type ServerView = Static<typeof ServerBody>;

export interface ViewOptions {
  baseUrl: string;
  /** The minor of the microversion. */
  minor: number;
  /** Sees hosts and other things behind the cloud's curtain. */
  seesExtended: boolean;
  seesFlavorSpecs: boolean;
  isAdmin: boolean;
  defaultZone: string;
}

export const serverLinks = (baseUrl: string, id: string) => [
  { rel: 'self', href: flatText`${baseUrl}/v2.1/servers/${id}` },
  { rel: 'bookmark', href: flatText`${baseUrl}/servers/${id}` },
];

/** A server in detail, as its reader may see it. */
export function serverView(server: FullServer, options: ViewOptions): ServerView {
  const status = statusOf(server.vmState, server.taskState);
  return {
    id: server.id,
    name: server.name,
    status,
    tenant_id: server.projectId,
    user_id: server.userId,
    metadata: server.metadata,
    hostId: hostIdOf(server.projectId, server.host),
    image:
      server.imageRef === ''
        ? ''
        : { id: server.imageRef, links: [bookmark(options.baseUrl, 'images', server.imageRef)] },
    flavor: flavorView(server.flavor, options),
    created: wireTime(server.createdAt),
    updated: wireTime(server.updatedAt),
    addresses: addressesView(server.networkInfo),
    accessIPv4: server.accessIpv4 ?? '',
    accessIPv6: server.accessIpv6 ?? '',
    links: serverLinks(options.baseUrl, server.id),
    ...(PROGRESSING.has(status) ? { progress: server.progress } : {}),
    ...faultView(server, status, options),
    key_name: server.keyName,
    config_drive: server.configDrive ? 'True' : '',
    ...groupsView(server),
    'OS-DCF:diskConfig': server.diskConfig,
    'OS-EXT-AZ:availability_zone': server.availabilityZone ?? (server.host === null ? '' : options.defaultZone),
    'OS-EXT-STS:task_state': server.taskState,
    'OS-EXT-STS:vm_state': server.vmState,
    'OS-EXT-STS:power_state': server.powerState,
    'OS-SRV-USG:launched_at': server.launchedAt,
    'OS-SRV-USG:terminated_at': server.terminatedAt,
    'os-extended-volumes:volumes_attached': volumesView(server),
    ...extendedView(server, options),
    locked: server.lockedBy !== null,
    locked_reason: server.lockedReason,
    description: server.description,
    tags: server.tags,
    trusted_image_certificates: null,
    server_groups: [],
    pinned_availability_zone: server.request.availabilityZone ?? null,
    ...(server.hostStatus === undefined ? {} : { host_status: server.hostStatus }),
  };
}

const PROGRESSING = new Set(['ACTIVE', 'BUILD']);
const bookmark = (baseUrl: string, kind: string, id: string) => ({
  rel: 'bookmark',
  href: flatText`${baseUrl}/${kind}/${id}`,
});

const hostIds = new Map<string, string>();
const MAX_HOST_IDS = 10_000;

/** The host, not to be recognised, and another one in each project. */
export function hostIdOf(projectId: string, host: string | null): string {
  if (!host) return '';
  const key = `${projectId}${host}`;
  let id = hostIds.get(key);
  if (id === undefined) {
    id = createHash('sha224').update(key).digest('hex');
    if (hostIds.size >= MAX_HOST_IDS) hostIds.clear();
    hostIds.set(key, id);
  }
  return id;
}

function flavorView(flavor: FlavorSnapshot, { minor, baseUrl, seesFlavorSpecs }: ViewOptions): ServerView['flavor'] {
  if (minor < 47) return { id: flavor.id, links: [bookmark(baseUrl, 'flavors', flavor.id)] };
  return {
    vcpus: flavor.vcpus,
    ram: flavor.memoryMb,
    disk: flavor.rootGb,
    ephemeral: flavor.ephemeralGb,
    swap: flavor.swapMb,
    original_name: flavor.name,
    ...(seesFlavorSpecs ? { extra_specs: flavor.extraSpecs } : {}),
  };
}

/** Addresses by network, in the order of the interfaces. */
export function addressesView(networkInfo: readonly NetworkInfo[]): ServerView['addresses'] {
  const found: ServerView['addresses'] = {};
  for (const { networkLabel, macAddress, addresses } of networkInfo) {
    found[networkLabel] ??= [];
    const list = found[networkLabel];
    const entry = (addr: string, version: number, type: string) => ({
      version,
      addr,
      'OS-EXT-IPS:type': type,
      'OS-EXT-IPS-MAC:mac_addr': macAddress,
    });
    for (const { address, version } of addresses) list.push(entry(address, version, 'fixed'));
    for (const { floating } of addresses) for (const address of floating) list.push(entry(address, 4, 'floating'));
  }
  return found;
}

function faultView({ fault }: Server, status: string, { isAdmin }: ViewOptions): Pick<ServerView, 'fault'> {
  if (fault === null || (status !== 'ERROR' && status !== 'DELETED')) return {};
  const { code, message, created, details } = fault;
  const shown = details !== undefined && (isAdmin || code !== 500);
  return { fault: { code, created: wireTime(created), message, ...(shown ? { details } : {}) } };
}

function groupsView({ request, networkInfo }: Server): Pick<ServerView, 'security_groups'> {
  if (networkInfo.length === 0 && request.networks.length === 0) return {};
  const names = request.securityGroupNames.length === 0 ? ['default'] : request.securityGroupNames;
  return { security_groups: names.map((name) => ({ name })) };
}

function volumesView({ volumes }: FullServer): ServerView['os-extended-volumes:volumes_attached'] {
  return volumes.map(({ volumeId, deleteOnTermination }) => ({
    id: volumeId,
    delete_on_termination: deleteOnTermination,
  }));
}

function extendedView(server: Server, { seesExtended, minor }: ViewOptions): Partial<ServerView> {
  const hostname = { 'OS-EXT-SRV-ATTR:hostname': server.hostname };
  if (!seesExtended) return minor >= 90 ? hostname : {};
  return {
    ...hostname,
    'OS-EXT-SRV-ATTR:host': server.host,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': server.node,
    'OS-EXT-SRV-ATTR:instance_name': `instance-${server.id.slice(0, 8)}`,
    'OS-EXT-SRV-ATTR:reservation_id': server.reservationId,
    'OS-EXT-SRV-ATTR:launch_index': server.launchIndex,
    'OS-EXT-SRV-ATTR:kernel_id': '',
    'OS-EXT-SRV-ATTR:ramdisk_id': '',
    'OS-EXT-SRV-ATTR:root_device_name': server.rootDeviceName,
    'OS-EXT-SRV-ATTR:user_data': server.userData,
  };
}
