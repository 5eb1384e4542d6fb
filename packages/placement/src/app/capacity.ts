import type { Selectable } from 'kysely';
import type { PlacementTables } from '../db/schema.ts';

export type InventoryRow = Selectable<PlacementTables['inventories']>;

export interface Capacity {
  /** What may be allocated in all: (total - reserved) × ratio. */
  readonly total: number;
  /** Whether so much more may be allocated, with the inventory's unit rules. */
  takes(amount: number): boolean;
  /** Whether the amount keeps min_unit, max_unit and step_size. */
  allows(amount: number): boolean;
}

export function capacityOf(inventory: InventoryRow): Capacity {
  const total = Math.trunc((inventory.total - inventory.reserved) * inventory.allocation_ratio);
  const allows = (amount: number) =>
    amount >= inventory.min_unit && amount <= inventory.max_unit && amount % inventory.step_size === 0;
  return { total, allows, takes: (amount) => allows(amount) && inventory.used + amount <= total };
}
