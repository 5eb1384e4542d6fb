/** Plugging devices into a running guest and out of it. Each step looks first, so that a call cut short can be run again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import { type QmpClient, QmpError } from '@kumo/core/qmp';
import type { GuestDisk, GuestHardware, GuestNic } from '../driver.ts';
import { netdevId, nicDevice, nicId, tapNetdev, volumeBlockdev, volumeDevice, volumeNode } from './devices.ts';

/** A guest that is booting, or busy, may miss a request to let go. */
const ASK_AGAIN_MS = 5_000;
const FINALIZE_MS = 5_000;

export async function plugVolume(client: QmpClient, disk: GuestDisk, hardware: GuestHardware): Promise<void> {
  const node = volumeNode(disk.volumeId);
  if (await hasDevice(client, node)) return;
  await using undo = new AsyncDisposableStack();
  // An earlier call may have been cut short between node and device; the volume's server may have moved since.
  await removeNode(client, node);
  await client.execute('blockdev-add', volumeBlockdev(disk, 0), { timeoutMs: 30_000 });
  undo.defer(() => removeNode(client, node));
  await client.execute('device_add', volumeDevice({ ...disk, bootIndex: undefined }, await freeBus(client, hardware)));
  undo.move();
}

/** @throws DriverError (retryable) when the guest keeps the device for `timeoutMs`. */
export async function unplugVolume(
  client: QmpClient,
  volumeId: string,
  wait: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const node = volumeNode(volumeId);
  await unplugDevice(client, node, wait);
  await removeNode(client, node);
}

export async function plugNic(client: QmpClient, nic: GuestNic, hardware: GuestHardware): Promise<void> {
  if (await hasDevice(client, nicId(nic.portId))) return;
  await using undo = new AsyncDisposableStack();
  await removeNetdev(client, nic.portId);
  await client.execute('netdev_add', tapNetdev(nic));
  undo.defer(() => removeNetdev(client, nic.portId));
  await client.execute('device_add', nicDevice(nic, hardware, await freeBus(client, hardware)));
  undo.move();
}

export async function unplugNic(
  client: QmpClient,
  portId: string,
  wait: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  await unplugDevice(client, nicId(portId), wait);
  await removeNetdev(client, portId);
}

async function unplugDevice(
  client: QmpClient,
  id: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let askAt = 0;
  let refused: unknown;
  for (let pauseMs = 5; await hasDevice(client, id); pauseMs = Math.min(pauseMs * 2, 200)) {
    if (Date.now() >= deadline) {
      throw new DriverError(`the guest does not let go of device ${id} within ${timeoutMs} ms`, {
        retryable: true,
        cause: refused,
      });
    }
    if (Date.now() >= askAt) {
      refused = await askToRelease(client, id);
      askAt = Date.now() + ASK_AGAIN_MS;
    }
    await sleep(pauseMs, undefined, { signal });
  }
}

/** QEMU refuses a second request while the first is pending, and has no error class for that: what counts is whether the device goes. */
async function askToRelease(client: QmpClient, id: string): Promise<QmpError | undefined> {
  try {
    await client.execute('device_del', { id });
    return undefined;
  } catch (error) {
    if (error instanceof QmpError) return error;
    throw error;
  }
}

async function hasDevice(client: QmpClient, id: string): Promise<boolean> {
  const devices = await client.execute<{ name: string }[]>('qom-list', { path: '/machine/peripheral' });
  return devices.some(({ name }) => name === id);
}

/** A device that is gone from the guest holds its node until QEMU has finalized it, a moment later (RCU). */
async function removeNode(client: QmpClient, node: string): Promise<void> {
  const deadline = Date.now() + FINALIZE_MS;
  for (;;) {
    const nodes = await client.execute<{ 'node-name'?: string }[]>('query-named-block-nodes', { flat: true });
    if (!nodes.some((known) => known['node-name'] === node)) return;
    try {
      await client.execute('blockdev-del', { 'node-name': node });
      return;
    } catch (error) {
      if (!(error instanceof QmpError) || Date.now() >= deadline) throw error;
    }
    await sleep(20);
  }
}

async function removeNetdev(client: QmpClient, portId: string): Promise<void> {
  try {
    await client.execute('netdev_del', { id: netdevId(portId) });
  } catch (error) {
    if (!(error instanceof QmpError && error.errorClass === 'DeviceNotFound')) throw error;
  }
}

interface PciDevice {
  qdev_id: string;
  pci_bridge?: { devices?: unknown[] };
}

/** A q35 machine takes devices only behind one of its root ports: the first one with nothing behind it. */
async function freeBus(client: QmpClient, hardware: GuestHardware): Promise<string | undefined> {
  if (hardware.machine !== 'q35') return undefined;
  const buses = await client.execute<{ devices: PciDevice[] }[]>('query-pci');
  const ports = buses.flatMap(({ devices }) => devices).filter(({ qdev_id }) => qdev_id.startsWith('port'));
  const free = ports.find(({ pci_bridge }) => !pci_bridge?.devices?.length);
  if (!free) throw new DriverError('the guest has no free place for another device');
  return free.qdev_id;
}
