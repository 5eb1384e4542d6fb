import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultIdBounds, type IdBounds } from '@kumo/core/confine';
import type { DaemonEnv } from '@kumo/core/daemon';
import type { NovaConfig } from '../config.ts';
import type { VirtDriver } from '../drivers/virt/driver.ts';
import { FakeDriver } from '../drivers/virt/fake/fake-driver.ts';

/** The users that this node's guests run as. */
export function guestIdBounds(stateDir: string, { compute }: NovaConfig): IdBounds {
  return compute.guestIds ?? defaultIdBounds(stateDir, 'guests');
}

/** Where base images are kept. */
export function imagesDir(stateDir: string): string {
  return join(stateDir, 'nova', 'images');
}

/** The hypervisor that the configuration names. */
export async function openVirtDriver({ stateDir, host, log }: DaemonEnv, config: NovaConfig): Promise<VirtDriver> {
  const directory = join(stateDir, 'nova');
  await mkdir(directory, { recursive: true, mode: 0o711 });
  // Guests are handed their base image open; nobody else has business there.
  await mkdir(imagesDir(stateDir), { recursive: true, mode: 0o700 });
  await chmod(imagesDir(stateDir), 0o700);
  const { driver, fake } = config.compute;
  if (driver === 'fake') {
    const { vcpus, memoryMb, diskGb, spawnDelayMs } = fake;
    return new FakeDriver({
      stateFile: join(directory, 'fake-guests.json'),
      delaysMs: { spawn: spawnDelayMs },
      inventory: { vcpus, memoryMb, diskGb, hostname: host },
    });
  }
  const { openQemuDriver } = await import('../drivers/virt/qemu/qemu-driver.ts');
  return openQemuDriver({
    stateDir: directory,
    log,
    guestIds: guestIdBounds(stateDir, config),
  });
}
