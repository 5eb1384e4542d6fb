import type { GuestSpec } from '../../src/drivers/virt/driver.ts';

/** The smallest guest that boots; `overrides` as a test needs. */
export function guestSpec(overrides: Partial<GuestSpec> = {}): GuestSpec {
  return {
    serverId: crypto.randomUUID(),
    name: 'guest',
    vcpus: 1,
    memoryMb: 128,
    rootGb: 1,
    disks: [],
    nics: [],
    ...overrides,
  };
}
