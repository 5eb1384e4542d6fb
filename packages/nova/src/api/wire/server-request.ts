import { badRequest } from '@kumo/core/errors';
import { canonicalIp, parseBoolean } from '@kumo/core/schema';
import type { Static } from 'typebox';
import type { WantedDevice, WantedNetworks, WantedServers } from '../../app/server-wanted.ts';
import type { BlockDeviceInput, createServer } from '../servers.ts';

type Body = Static<typeof createServer.body>['server'];

/** What was asked for, in our own words. @throws 400 for what a schema cannot say. */
export function wantedServers(server: Body): WantedServers {
  const counts = countsOf(server);
  if (server.trusted_image_certificates?.length)
    throw badRequest({
      message:
        'Image signature verification is not available in this cloud: trusted_image_certificates cannot be used.',
    });
  return {
    name: server.name,
    flavorId: lastSegment(String(server.flavorRef)),
    imageRef: server.imageRef || undefined,
    networks: networksOf(server),
    keyName: server.key_name,
    userData: server.user_data,
    securityGroups: (server.security_groups ?? []).map(({ name }) => name),
    metadata: server.metadata ?? {},
    blockDevices: devicesOf(server),
    configDrive: server.config_drive ? parseBoolean(server.config_drive) : false,
    ...counts,
    availabilityZone: server.availability_zone,
    host: server.host,
    node: server.hypervisor_hostname,
    adminPass: server.adminPass,
    accessIpv4: canonicalIp(server.accessIPv4 ?? '') ?? null,
    accessIpv6: canonicalIp(server.accessIPv6 ?? '') ?? null,
    diskConfig: server['OS-DCF:diskConfig'] ?? 'MANUAL',
    description: server.description ?? null,
    hostname: server.hostname,
    tags: [...new Set(server.tags ?? [])],
  };
}

/** A flavor may be named by its URL. */
const lastSegment = (reference: string) => reference.split('/').at(-1)!;

function countsOf(server: Body): { minCount: number; maxCount: number } {
  const least = server.min_count === undefined ? undefined : Number(server.min_count);
  const most = server.max_count === undefined ? undefined : Number(server.max_count);
  const minCount = least ?? 1;
  const maxCount = most ?? minCount;
  if (minCount < 1 || maxCount < 1)
    throw badRequest({ message: 'Invalid input for field/attribute min_count: it must be at least 1.' });
  if (minCount > maxCount)
    throw badRequest({ message: `min_count (${minCount}) is larger than max_count (${maxCount}).` });
  if (maxCount > 1000)
    throw badRequest({ message: 'Invalid input for field/attribute max_count: it must be at most 1000.' });
  if (maxCount > 1 && server.hostname !== undefined)
    throw badRequest({ message: 'multi-create is not supported with a requested hostname.' });
  return { minCount, maxCount };
}

function networksOf({ networks }: Body): WantedNetworks {
  // Before 2.37 it may be absent; the static type is that of the newest shape.
  const given = networks as Body['networks'] | undefined;
  if (given === undefined) return 'project';
  if (typeof given === 'string') return given as 'auto' | 'none';
  return given.map(({ uuid, port, fixed_ip, tag }) => ({
    networkId: uuid,
    portId: port ?? undefined,
    fixedIp: fixed_ip,
    tag,
  }));
}

function devicesOf(server: Body): WantedDevice[] {
  const { block_device_mapping: old, block_device_mapping_v2: devices } = server;
  if (old && devices)
    throw badRequest({ message: 'Block device mapping is invalid: cannot mix the legacy and the v2 format.' });
  if (devices) return devices.flatMap((device) => (isNoDevice(device) ? [] : [deviceOf(device)]));
  return (old ?? []).flatMap((device, index) => {
    if (isNoDevice(device)) return [];
    const { virtual_name: _, ...rest } = device;
    const isRoot = index === 0 && !server.imageRef;
    return [deviceOf({ ...rest, ...legacySource(device), destination_type: 'volume', boot_index: isRoot ? 0 : -1 })];
  });
}

type DeviceInput = Static<typeof BlockDeviceInput>;
const isNoDevice = ({ no_device }: DeviceInput) => no_device !== undefined && parseBoolean(no_device);

function legacySource({ volume_id, snapshot_id }: DeviceInput): Pick<DeviceInput, 'source_type' | 'uuid'> {
  if (snapshot_id) return { source_type: 'snapshot', uuid: snapshot_id };
  if (volume_id) return { source_type: 'volume', uuid: volume_id };
  throw badRequest({
    message:
      'Block Device Mapping is Invalid: Invalid input for field/attribute block_device_mapping: volume_id or snapshot_id is needed.',
  });
}

function deviceOf(device: DeviceInput): WantedDevice {
  const source = device.source_type ?? sourceOf(device);
  const destination = device.destination_type ?? (source === 'volume' || source === 'snapshot' ? 'volume' : 'local');
  if ((source === 'volume' || source === 'snapshot') && destination === 'local')
    throw badRequest({ message: `Block Device Mapping is Invalid: Mapping ${source} to local is not supported.` });
  const sizeGb =
    device.volume_size === undefined || device.volume_size === null ? undefined : Number(device.volume_size);
  if (sizeGb !== undefined && (sizeGb < 0 || sizeGb > 1_000_000))
    throw badRequest({
      message: `Invalid input for field/attribute volume_size. Value: ${sizeGb}. It is not between 0 and 1000000.`,
    });
  return {
    sourceType: source,
    destinationType: destination,
    uuid: device.uuid || device.image_id || device.volume_id || device.snapshot_id,
    sizeGb,
    bootIndex: device.boot_index === undefined || device.boot_index === null ? null : Number(device.boot_index),
    deleteOnTermination: device.delete_on_termination !== undefined && parseBoolean(device.delete_on_termination),
    deviceName: device.device_name,
    guestFormat: device.guest_format ?? null,
    diskBus: device.disk_bus ?? null,
    deviceType: device.device_type ?? null,
    tag: device.tag ?? null,
    volumeType: device.volume_type ?? null,
  };
}

function sourceOf(device: DeviceInput): WantedDevice['sourceType'] {
  if (device.image_id) return 'image';
  if (device.snapshot_id) return 'snapshot';
  return device.volume_id ? 'volume' : 'blank';
}
