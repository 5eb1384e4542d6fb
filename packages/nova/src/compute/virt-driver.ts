import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DaemonEnv } from '@kumo/core/daemon';
import type { NovaConfig } from '../config.ts';
import type { VirtDriver } from '../drivers/virt/driver.ts';
import { FakeDriver } from '../drivers/virt/fake/fake-driver.ts';

/** The hypervisor that the configuration names. */
export async function openVirtDriver({ stateDir, host, log }: DaemonEnv, config: NovaConfig): Promise<VirtDriver> {
  const directory = join(stateDir, 'nova');
  await mkdir(directory, { recursive: true, mode: 0o711 });
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
  return openQemuDriver({ stateDir: directory, log });
}
