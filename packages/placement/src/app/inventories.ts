import { type Db, nowIso } from '@kumo/core/db';
import { findProvider, type ProviderRow, raiseGeneration, type Tx } from '../db/resource-providers.ts';
import type { PlacementTables } from '../db/schema.ts';
import * as errors from '../errors.ts';
import type { InventoryRow } from './capacity.ts';
import type { Providers } from './providers.ts';
import type { ResourceClasses } from './resource-classes.ts';

const MAX_UNIT = 0x7fffffff;

export interface WantedInventory {
  total: number;
  reserved?: number;
  min_unit?: number;
  max_unit?: number;
  step_size?: number;
  allocation_ratio?: number;
}

export interface ProviderInventories {
  generation: number;
  inventories: InventoryRow[];
}

/** What providers have to give. Every change takes the provider's generation and raises it. */
export class Inventories {
  readonly #db: Db<PlacementTables>;
  readonly #providers: Providers;
  readonly #classes: ResourceClasses;

  constructor(db: Db<PlacementTables>, providers: Providers, classes: ResourceClasses) {
    this.#db = db;
    this.#providers = providers;
    this.#classes = classes;
  }

  async list(uuid: string): Promise<ProviderInventories> {
    const provider = await findProvider(this.#db.q, uuid);
    if (!provider) throw errors.providerNotFound({ uuid });
    const inventories = await this.#db.q
      .selectFrom('inventories')
      .selectAll()
      .where('provider_uuid', '=', uuid)
      .orderBy('resource_class')
      .execute();
    return { generation: provider.generation, inventories };
  }

  /** @throws inventoryNotFound */
  async show(uuid: string, name: string): Promise<{ generation: number; inventory: InventoryRow }> {
    const { generation, inventories } = await this.list(uuid);
    const inventory = inventories.find(({ resource_class }) => resource_class === name);
    if (!inventory) throw errors.inventoryNotFound({ uuid, name });
    return { generation, inventory };
  }

  /** Sets exactly these inventories. @throws inventoryInUse when one that goes is allocated from. */
  async replace(
    uuid: string,
    wanted: Readonly<Record<string, WantedInventory>>,
    generation: number,
    mayReserveAll: boolean,
  ): Promise<ProviderInventories> {
    await this.#classes.refuseUnknown(Object.keys(wanted));
    return this.#db.transaction(async (tx) => {
      const provider = await this.#providers.locked(tx, uuid, generation);
      const present = await this.#present(tx, uuid);
      for (const [name, row] of present) if (!(name in wanted)) await this.#remove(tx, row);
      const rows: InventoryRow[] = [];
      for (const [name, one] of Object.entries(wanted))
        rows.push(await this.#set(tx, provider, name, one, present.get(name), mayReserveAll));
      rows.sort((left, right) => (left.resource_class < right.resource_class ? -1 : 1));
      return { generation: await raiseGeneration(tx, provider), inventories: rows };
    });
  }

  /** Adds (`mode: 'create'`) or changes one inventory. @throws inventoryTaken, inventoryNotFound */
  async setOne(
    uuid: string,
    name: string,
    wanted: WantedInventory,
    options: { generation?: number; mode: 'create' | 'update'; mayReserveAll: boolean },
  ) {
    await this.#classes.refuseUnknown([name]);
    return this.#db.transaction(async (tx) => {
      const provider = await this.#providers.locked(tx, uuid, options.generation);
      const present = (await this.#present(tx, uuid)).get(name);
      if (options.mode === 'create' && present) throw errors.inventoryTaken({ uuid, name });
      if (options.mode === 'update' && !present) throw errors.inventoryNotFound({ uuid, name });
      const inventory = await this.#set(tx, provider, name, wanted, present, options.mayReserveAll);
      return { generation: await raiseGeneration(tx, provider), inventory };
    });
  }

  /** @throws inventoryNotFound, inventoryInUse */
  deleteOne(uuid: string, name: string): Promise<void> {
    return this.#db.transaction(async (tx) => {
      const provider = await this.#providers.locked(tx, uuid, undefined);
      const present = (await this.#present(tx, uuid)).get(name);
      if (!present) throw errors.inventoryNotFound({ uuid, name });
      await this.#remove(tx, present);
      await raiseGeneration(tx, provider);
    });
  }

  /** @throws inventoryInUse */
  deleteAll(uuid: string): Promise<void> {
    return this.#db.transaction(async (tx) => {
      const provider = await this.#providers.locked(tx, uuid, undefined);
      for (const row of (await this.#present(tx, uuid)).values()) await this.#remove(tx, row);
      await raiseGeneration(tx, provider);
    });
  }

  async #present(tx: Tx, uuid: string): Promise<Map<string, InventoryRow>> {
    const rows = await tx.selectFrom('inventories').selectAll().where('provider_uuid', '=', uuid).execute();
    return new Map(rows.map((row) => [row.resource_class, row]));
  }

  async #remove(tx: Tx, row: InventoryRow): Promise<void> {
    if (row.used > 0) throw errors.inventoryInUse({ name: row.resource_class, uuid: row.provider_uuid });
    await tx
      .deleteFrom('inventories')
      .where('provider_uuid', '=', row.provider_uuid)
      .where('resource_class', '=', row.resource_class)
      .execute();
  }

  async #set(
    tx: Tx,
    provider: ProviderRow,
    name: string,
    wanted: WantedInventory,
    present: InventoryRow | undefined,
    mayReserveAll: boolean,
  ): Promise<InventoryRow> {
    const row: InventoryRow = {
      provider_uuid: provider.uuid,
      resource_class: name,
      total: wanted.total,
      reserved: wanted.reserved ?? 0,
      min_unit: wanted.min_unit ?? 1,
      max_unit: wanted.max_unit ?? MAX_UNIT,
      step_size: wanted.step_size ?? 1,
      allocation_ratio: wanted.allocation_ratio ?? 1,
      used: present?.used ?? 0,
      updated_at: nowIso(),
    };
    const isTooMuch = mayReserveAll ? row.reserved > row.total : row.reserved >= row.total;
    if (isTooMuch)
      throw errors.inventoryInvalid({
        name,
        uuid: provider.uuid,
        limit: mayReserveAll ? 'total' : 'or equal to total',
      });
    if (present) {
      await tx
        .updateTable('inventories')
        .set(row)
        .where('provider_uuid', '=', provider.uuid)
        .where('resource_class', '=', name)
        .execute();
    } else await tx.insertInto('inventories').values(row).execute();
    return row;
  }
}
