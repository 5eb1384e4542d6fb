import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import type { GuestSpec } from '../driver.ts';
import { qemuArguments } from './command-line.ts';
import { volumeNode } from './devices.ts';
import { instancePaths } from './instance-files.ts';

const serverId = '5f0e5e0e-1d2c-4a3b-9f00-000000000001';
const volumeId = '5f0e5e0e-1d2c-4a3b-9f00-000000000002';
const paths = instancePaths('/var/lib/kumo/nova', serverId);
const nic = { portId: 'p', mac: 'fa:16:3e:00:00:01', tap: 'tap5f0e5e0e-1d', mtu: 1450 };

function args(overrides: Partial<GuestSpec> = {}, hasConfigDrive = false): string[] {
  const spec: GuestSpec = {
    ...{ serverId, name: '-evil,name=x', vcpus: 2, memoryMb: 512, rootGb: 1, disks: [], nics: [nic] },
    ...{ image: { baseFile: '/cache/a,b=c.img', format: 'qcow2' }, ...overrides },
  };
  return qemuArguments({ v: 1, fingerprint: 'f', spec, hasConfigDrive }, paths, { kvm: false, tcgCacheMb: 64 });
}

function json(all: string[], option: string): Record<string, unknown>[] {
  return all.flatMap((arg, index) => (all[index - 1] === option && arg.startsWith('{') ? [JSON.parse(arg)] : []));
}

test('what users choose cannot become an option', () => {
  const all = args();
  assert.ok(!all.join(' ').includes('evil'));
  const [root] = json(all, '-blockdev');
  assert.deepEqual(root?.backing, {
    ...{ driver: 'qcow2', 'read-only': true, backing: null },
    // A descriptor that is handed over: the guest's own user cannot open the file, and its name is no argument.
    file: { driver: 'file', filename: '/dev/fdset/1', 'read-only': true },
  });
  assert.ok(!all.join(' ').includes('/cache/'));
  assert.throws(() => args({ nics: [{ ...nic, tap: 'tap0,script=/x' }] }), DriverError);
  assert.throws(() => instancePaths('/s', '../../etc'), DriverError);
});

test('the sandbox is on and no guest gets KVM unasked', () => {
  const all = args();
  assert.ok(all.includes('on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'));
  assert.ok(all.includes('tcg,thread=multi,tb-size=64'));
});

test('a guest that boots from a volume has no root disk of its own', () => {
  const disk = {
    volumeId,
    bootIndex: 0,
    source: { kind: 'nbd', host: '10.0.0.5', port: 10809, exportName: 'e' },
    bus: 'virtio',
    readOnly: false,
  } as const;
  const all = args({ image: undefined, disks: [disk] });
  assert.equal(json(all, '-blockdev').length, 1);
  const device = json(all, '-device').find(({ id }) => id === volumeNode(volumeId));
  assert.equal(device?.bootindex, 0);
  assert.equal(device?.serial, volumeId.slice(0, 20));
  assert.ok(volumeNode(volumeId).length <= 31);
});

test('q35 puts what can be unplugged behind ports of its own, and refuses more than there are', () => {
  const devices = json(args({ hardware: { machine: 'q35', vifModel: 'e1000e', rng: false } }), '-device');
  assert.equal(devices.find(({ driver }) => driver === 'e1000e')?.bus, 'port0');
  assert.ok(!devices.some(({ driver }) => driver === 'virtio-rng-pci'));
  const nics = Array.from({ length: 17 }, (_, index) => ({ ...nic, portId: `p${index}` }));
  assert.throws(() => args({ hardware: { machine: 'q35' }, nics }), DriverError);
});
