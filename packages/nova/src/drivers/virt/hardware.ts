import { DriverError } from '@kumo/core/errors';
import type { GuestHardware } from './driver.ts';

const MACHINES = ['pc', 'q35'] as const;
const DISK_BUSES = ['virtio', 'scsi', 'ide'] as const;
const VIF_MODELS = ['virtio', 'e1000', 'e1000e', 'rtl8139'] as const;

/**
 * Reads the `hw_*` properties of an image that this driver family understands; others are left alone. Versioned machine
 * types (`pc-i440fx-7.2`, `pc-q35-7.2`) count as their family, because a host may have another QEMU than the image's author.
 * @throws DriverError naming the property and the values that are possible here.
 */
export function hardwareFromImage(properties: Readonly<Record<string, string>>): GuestHardware {
  const hardware: GuestHardware = {};
  const machine = properties.hw_machine_type?.replace(/^pc-i440fx.*/, 'pc').replace(/^pc-q35.*/, 'q35');
  if (machine !== undefined) hardware.machine = oneOf('hw_machine_type', machine, MACHINES);
  if (properties.hw_disk_bus !== undefined) hardware.diskBus = oneOf('hw_disk_bus', properties.hw_disk_bus, DISK_BUSES);
  if (properties.hw_vif_model !== undefined)
    hardware.vifModel = oneOf('hw_vif_model', properties.hw_vif_model, VIF_MODELS);
  if (properties.hw_rng_model !== undefined)
    hardware.rng = oneOf('hw_rng_model', properties.hw_rng_model, ['virtio', 'none']) === 'virtio';
  return hardware;
}

function oneOf<T extends string>(property: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw new DriverError(`image property ${property}=${value} is not possible here: one of ${allowed.join(', ')}`);
  return found;
}
