import { KumoError } from '@kumo/core/errors';
import type { InventoryWanted } from '@kumo/placement/api';
import type { Static } from 'typebox';
import type { NovaConfig } from '../config.ts';
import type { Inventory } from '../drivers/virt/driver.ts';
import { unlessAbsent } from './absent.ts';
import type { Placement } from './allocations.ts';

type Inventories = Record<string, Static<typeof InventoryWanted>>;
type Settings = Pick<NovaConfig, 'allocationRatios' | 'compute'>;

/** How often a change that somebody else's change crossed is made anew. */
const TRIES = 4;
const MAX_AMOUNT = 0x7fffffff;

/** This host's resource provider in Placement: what it has to give. */
export class HostProvider {
  readonly #placement: Placement;
  readonly #settings: Settings;
  #last = '';

  constructor(placement: Placement, settings: Settings) {
    this.#placement = placement;
    this.#settings = settings;
  }

  /** Ensures provider and inventories; asks nothing of Placement while nothing has changed, unless `force` is set. */
  async ensure(id: string, name: string, offered: Inventory, force: boolean): Promise<void> {
    const inventories = this.#inventories(offered);
    const wanted = JSON.stringify({ id, name, inventories });
    if (!force && wanted === this.#last) return;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#replace(id, name, inventories);
        this.#last = wanted;
        return;
      } catch (error) {
        if (attempt === TRIES || !(error instanceof KumoError) || error.kind !== 'conflict') throw error;
      }
    }
  }

  async #replace(id: string, name: string, inventories: Inventories): Promise<void> {
    const params = { uuid: id };
    const found = await unlessAbsent(this.#placement.showResourceProvider({ params }));
    if (!found) await this.#placement.createResourceProvider({ body: { uuid: id, name } });
    const current = await this.#placement.listInventories({ params });
    if (isSame(current.inventories, inventories)) return;
    const { resource_provider_generation } = current;
    await this.#placement.replaceInventories({ params, body: { resource_provider_generation, inventories } });
  }

  #inventories({ vcpus, memoryMb, diskGb }: Inventory): Inventories {
    const { allocationRatios: ratios, compute } = this.#settings;
    const one = (total: number, reserved: number, ratio: number) => ({
      total: Math.min(total, MAX_AMOUNT),
      reserved: Math.min(reserved, total),
      min_unit: 1,
      max_unit: Math.min(total, MAX_AMOUNT),
      step_size: 1,
      allocation_ratio: ratio,
    });
    const all = {
      VCPU: one(vcpus, compute.reservedVcpus, ratios.cpu),
      MEMORY_MB: one(memoryMb, compute.reservedMemoryMb, ratios.ram),
      DISK_GB: one(diskGb, compute.reservedDiskGb, ratios.disk),
    };
    // Placement knows no empty inventory: a host without disk space has none of it to give.
    return Object.fromEntries(Object.entries(all).filter(([, { total }]) => total > 0));
  }
}

function isSame(a: Readonly<Record<string, object>>, b: Readonly<Record<string, object>>): boolean {
  const sorted = (value: object) => JSON.stringify(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)));
  const names = Object.keys(b);
  return (
    Object.keys(a).length === names.length && names.every((name) => a[name] && sorted(a[name]) === sorted(b[name]!))
  );
}
