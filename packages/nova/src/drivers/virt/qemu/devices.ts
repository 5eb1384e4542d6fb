/** A guest's disks and interfaces as QMP objects; the same JSON goes to the command line and to hot-plugging. */
import { createHash } from 'node:crypto';
import { DriverError } from '@kumo/core/errors';
import type { GuestDisk, GuestHardware, GuestNic, GuestSpec, NbdSource } from '../driver.ts';
import type { InstancePaths } from './instance-files.ts';

export type QemuObject = Record<string, unknown>;

/** Seconds that QEMU keeps a guest's requests and reconnects when an NBD server went away, so that one may be restarted. */
const NBD_RECONNECT_S = 60;

/** How long a start waits for an NBD server that is restarting too. Hot-plugging never waits: the whole guest would stand still. */
export const NBD_START_S = 10;

/** How many devices a q35 machine can take while it runs: each needs a root port of its own, made at start. */
export const Q35_PORTS = 16;

const VIF_DEVICES = { virtio: 'virtio-net-pci', e1000: 'e1000', e1000e: 'e1000e', rtl8139: 'rtl8139' } as const;

/** Block node names have at most 31 characters, so the id is hashed. */
export function volumeNode(volumeId: string): string {
  return `vol-${createHash('sha256').update(volumeId).digest('hex').slice(0, 24)}`;
}

export function nicId(portId: string): string {
  return `nic-${createHash('sha256').update(portId).digest('hex').slice(0, 24)}`;
}

export function netdevId(portId: string): string {
  return nicId(portId).replace('nic-', 'net-');
}

/** The base image is opened by Kumo and handed to QEMU, read-only, as this file descriptor: no guest's user can open images. */
export const BASE_FD = 3;
const BASE_FD_SET = 1;

export function baseDescriptor(): string[] {
  return ['-add-fd', `fd=${BASE_FD},set=${BASE_FD_SET}`];
}

/** The overlay with its base named outright: `backing: null` under the base keeps QEMU from following whatever an image claims. */
export function rootBlockdev(spec: Pick<GuestSpec, 'image'>, paths: InstancePaths): QemuObject {
  if (!spec.image) throw new DriverError('a guest without an image has no root disk of its own');
  const { format } = spec.image;
  const base: QemuObject = {
    driver: format,
    'read-only': true,
    file: { driver: 'file', filename: `/dev/fdset/${BASE_FD_SET}`, 'read-only': true },
  };
  if (format === 'qcow2') base.backing = null;
  return {
    driver: 'qcow2',
    'node-name': 'root',
    discard: 'unmap',
    file: { driver: 'file', filename: paths.disk },
    backing: base,
  };
}

export function rootDevice(hardware: GuestHardware): QemuObject[] {
  const bootable = { drive: 'root', id: 'root-disk', bootindex: 0 };
  if (hardware.diskBus === 'ide') return [{ driver: 'ide-hd', ...bootable }];
  if (hardware.diskBus === 'scsi')
    return [
      { driver: 'virtio-scsi-pci', id: 'scsi' },
      { driver: 'scsi-hd', bus: 'scsi.0', ...bootable },
    ];
  return [{ driver: 'virtio-blk-pci', ...bootable }];
}

export function volumeBlockdev(disk: GuestDisk, openTimeoutS: number): QemuObject {
  return {
    driver: 'raw',
    'node-name': volumeNode(disk.volumeId),
    'read-only': disk.readOnly,
    discard: 'unmap',
    file: {
      driver: 'nbd',
      server: nbdServer(disk.source),
      export: disk.source.exportName,
      'reconnect-delay': NBD_RECONNECT_S,
      'open-timeout': openTimeoutS,
    },
  };
}

/** `serial` is what guests find the volume by: /dev/disk/by-id/virtio-<first 20 characters of its id>. */
export function volumeDevice(disk: GuestDisk, bus: string | undefined): QemuObject {
  const device: QemuObject = {
    driver: 'virtio-blk-pci',
    id: volumeNode(disk.volumeId),
    drive: volumeNode(disk.volumeId),
    serial: disk.volumeId.slice(0, 20),
  };
  if (disk.bootIndex !== undefined && disk.bootIndex >= 0) device.bootindex = disk.bootIndex;
  if (bus !== undefined) device.bus = bus;
  return device;
}

/** @throws DriverError for a name that is no interface name (it stands in a comma-separated argument). */
export function tapNetdev(nic: GuestNic): QemuObject {
  if (!/^[\w.-]{1,15}$/.test(nic.tap)) throw new DriverError(`not an interface name: ${JSON.stringify(nic.tap)}`);
  return { type: 'tap', id: netdevId(nic.portId), ifname: nic.tap, script: 'no', downscript: 'no', vhost: false };
}

export function nicDevice(nic: GuestNic, hardware: GuestHardware, bus: string | undefined): QemuObject {
  const model = hardware.vifModel ?? 'virtio';
  const device: QemuObject = {
    driver: VIF_DEVICES[model],
    id: nicId(nic.portId),
    netdev: netdevId(nic.portId),
    mac: nic.mac,
  };
  if (model === 'virtio') device.host_mtu = nic.mtu;
  if (bus !== undefined) device.bus = bus;
  return device;
}

/** Which root port each device of a q35 machine takes at start, in order; a `pc` machine finds places by itself. */
export function q35Bus(index: number): string {
  if (index >= Q35_PORTS) throw new DriverError(`a q35 machine takes at most ${Q35_PORTS} volumes and interfaces`);
  return `port${index}`;
}

function nbdServer(source: NbdSource): QemuObject {
  if (source.socket !== undefined) return { type: 'unix', path: source.socket };
  if (source.host === undefined || source.port === undefined)
    throw new DriverError('an NBD source needs a socket, or a host and a port');
  return { type: 'inet', host: source.host, port: String(source.port) };
}
