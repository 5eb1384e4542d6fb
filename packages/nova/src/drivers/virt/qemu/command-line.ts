import type { GuestSpec } from '../driver.ts';
import {
  baseDescriptor,
  NBD_START_S,
  nicDevice,
  Q35_PORTS,
  type QemuObject,
  q35Bus,
  rootBlockdev,
  rootDevice,
  tapNetdev,
  volumeBlockdev,
  volumeDevice,
} from './devices.ts';
import type { InstancePaths, StoredInstance } from './instance-files.ts';

export interface Acceleration {
  kvm: boolean;
  /** Bound of the translation cache under TCG; QEMU's own default is up to 1 GiB for each guest. */
  tcgCacheMb: number;
}

/** One command line. Everything that a user chose goes in as JSON or was checked to be free of commas; secrets never do. */
export function qemuArguments(stored: StoredInstance, paths: InstancePaths, accel: Acceleration): string[] {
  const { spec } = stored;
  return [
    ...identity(spec, paths),
    ...machine(spec, accel),
    ...isolation(),
    ...control(paths),
    ...display(paths),
    ...entropy(spec),
    ...rootDisk(spec, paths),
    ...pluggable(spec),
    ...(stored.hasConfigDrive ? configDrive(paths) : []),
  ];
}

function identity(spec: StoredInstance['spec'], paths: InstancePaths): string[] {
  const { serverId } = spec;
  // Guests' init systems tell from the product name that they run in an OpenStack cloud (cloud-init's ds-identify does).
  const smbios = `type=1,manufacturer=Kumo,product=OpenStack Nova,serial=${serverId},uuid=${serverId},family=Virtual Machine`;
  return ['-name', `guest=${serverId},debug-threads=on`, '-uuid', serverId, '-pidfile', paths.pid, '-smbios', smbios];
}

function machine(spec: StoredInstance['spec'], accel: Acceleration): string[] {
  const type = spec.hardware?.machine ?? 'pc';
  const accelerator = accel.kvm ? 'kvm' : `tcg,thread=multi,tb-size=${accel.tcgCacheMb}`;
  return [
    ...['-no-user-config', '-nodefaults', '-machine', `${type},usb=off,dump-guest-core=off`, '-accel', accelerator],
    ...['-cpu', accel.kvm ? 'host' : 'max', '-smp', String(spec.vcpus), '-m', `size=${spec.memoryMb}M`],
    ...['-rtc', 'base=utc', '-boot', 'strict=on', '-msg', 'timestamp=on'],
  ];
}

function isolation(): string[] {
  return ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'];
}

function control(paths: InstancePaths): string[] {
  return [
    ...['-chardev', `socket,id=qmp,path=${paths.qmp},server=on,wait=off`, '-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', `socket,id=serial0,path=${paths.serial},server=on,wait=off,logfile=${paths.console},logappend=on`],
    ...['-serial', 'chardev:serial0'],
  ];
}

/** 2 MiB of video memory are enough for text and 800×600; the default's 16 MiB would be held for every guest. */
function display(paths: InstancePaths): string[] {
  return ['-display', 'none', '-vnc', `unix:${paths.vnc}`, ...device({ driver: 'VGA', vgamem_mb: 2 })];
}

function entropy(spec: StoredInstance['spec']): string[] {
  if (spec.hardware?.rng === false) return [];
  return [
    ...object({ 'qom-type': 'rng-random', id: 'rng0', filename: '/dev/urandom' }),
    ...device({ driver: 'virtio-rng-pci', rng: 'rng0' }),
  ];
}

function rootDisk(spec: StoredInstance['spec'], paths: InstancePaths): string[] {
  if (!spec.image) return [];
  return [
    ...baseDescriptor(),
    ...blockdev(rootBlockdev(spec, paths)),
    ...rootDevice(spec.hardware ?? {}).flatMap(device),
  ];
}

/** On q35 only what sits behind a root port can be taken out of a running guest, so volumes and interfaces do from the start. */
function pluggable(spec: Pick<GuestSpec, 'disks' | 'nics' | 'hardware'>): string[] {
  const q35 = spec.hardware?.machine === 'q35';
  const bus = (index: number) => (q35 ? q35Bus(index) : undefined);
  const ports = q35 ? Array.from({ length: Q35_PORTS }, (_, index) => rootPort(index)) : [];
  return [
    ...ports.flatMap(device),
    ...spec.disks.flatMap((disk, index) => [
      ...blockdev(volumeBlockdev(disk, NBD_START_S)),
      ...device(volumeDevice(disk, bus(index))),
    ]),
    ...spec.nics.flatMap((nic, index) => [
      ...tap(tapNetdev(nic)),
      ...device(nicDevice(nic, spec.hardware ?? {}, bus(spec.disks.length + index))),
    ]),
  ];
}

/** Eight ports share one slot as its functions. */
function rootPort(index: number): QemuObject {
  const addr = `${(0x10 + Math.floor(index / 8)).toString(16)}.${index % 8}`;
  return { driver: 'pcie-root-port', id: q35Bus(index), chassis: index + 1, multifunction: index % 8 === 0, addr };
}

/** A CD-ROM, not a virtio disk: so it does not take the name (`vdb`) that the next volume is expected to have. */
function configDrive(paths: InstancePaths): string[] {
  const node = {
    driver: 'raw',
    'node-name': 'config-drive',
    'read-only': true,
    file: { driver: 'file', filename: paths.config, 'read-only': true },
  };
  return [...blockdev(node), ...device({ driver: 'ide-cd', drive: 'config-drive', id: 'config-cd' })];
}

function blockdev(value: QemuObject): string[] {
  return ['-blockdev', JSON.stringify(value)];
}

function device(value: QemuObject): string[] {
  return ['-device', JSON.stringify(value)];
}

function object(value: QemuObject): string[] {
  return ['-object', JSON.stringify(value)];
}

/** `-netdev` takes JSON only since 7.2; its values here were all checked to be plain words. */
function tap(value: QemuObject): string[] {
  const { type, ...rest } = value;
  const options = Object.entries(rest).map(([key, option]) => `${key}=${option === false ? 'off' : option}`);
  return ['-netdev', [type, ...options].join(',')];
}
