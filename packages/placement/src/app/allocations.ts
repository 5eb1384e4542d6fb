import { type Db, forUpdate, nowIso } from '@kumo/core/db';
import { lockProviders, type ProviderRow, type Tx } from '../db/resource-providers.ts';
import type { PlacementTables } from '../db/schema.ts';
import * as errors from '../errors.ts';
import { capacityOf, type InventoryRow } from './capacity.ts';
import type { ResourceClasses } from './resource-classes.ts';

/** What a consumer is to have, by provider and class; it replaces all that it had. */
export interface WantedAllocations {
  consumer: string;
  byProvider: ReadonlyMap<string, Readonly<Record<string, number>>>;
  projectId: string;
  userId: string;
  consumerType?: string;
  /** Null: a new consumer. Undefined: the request is older than 1.28 and does not care. */
  consumerGeneration?: number | null;
}

export interface ConsumerAllocations {
  consumer: { generation: number; projectId: string; userId: string; consumerType: string | null } | undefined;
  byProvider: Map<string, { generation: number; resources: Record<string, number> }>;
}

interface Held {
  consumer_uuid: string;
  provider_uuid: string;
  resource_class: string;
  used: number;
}

/** Who has taken what. A claim is one transaction: it locks the providers, checks their room, and moves the sums. */
export class Allocations {
  readonly #db: Db<PlacementTables>;
  readonly #classes: ResourceClasses;

  constructor(db: Db<PlacementTables>, classes: ResourceClasses) {
    this.#db = db;
    this.#classes = classes;
  }

  async ofConsumer(consumer: string): Promise<ConsumerAllocations> {
    const { q } = this.#db;
    const row = await q.selectFrom('consumers').selectAll().where('uuid', '=', consumer).executeTakeFirst();
    if (!row) return { consumer: undefined, byProvider: new Map() };
    const rows = await q
      .selectFrom('allocations')
      .innerJoin('resource_providers', 'resource_providers.uuid', 'allocations.provider_uuid')
      .select(['provider_uuid', 'resource_class', 'used', 'generation'])
      .where('consumer_uuid', '=', consumer)
      .execute();
    const byProvider: ConsumerAllocations['byProvider'] = new Map();
    for (const { provider_uuid, resource_class, used, generation } of rows) {
      const entry = byProvider.get(provider_uuid) ?? { generation, resources: {} };
      entry.resources[resource_class] = used;
      byProvider.set(provider_uuid, entry);
    }
    return {
      consumer: {
        generation: row.generation,
        projectId: row.project_id,
        userId: row.user_id,
        consumerType: row.consumer_type,
      },
      byProvider,
    };
  }

  async ofProvider(uuid: string): Promise<{
    generation: number;
    byConsumer: Map<string, { generation: number; resources: Record<string, number> }>;
  }> {
    const { q } = this.#db;
    const provider = await q
      .selectFrom('resource_providers')
      .select('generation')
      .where('uuid', '=', uuid)
      .executeTakeFirst();
    if (!provider) throw errors.providerNotFound({ uuid });
    const rows = await q
      .selectFrom('allocations')
      .innerJoin('consumers', 'consumers.uuid', 'allocations.consumer_uuid')
      .select(['consumer_uuid', 'resource_class', 'used', 'generation'])
      .where('provider_uuid', '=', uuid)
      .execute();
    const byConsumer = new Map<string, { generation: number; resources: Record<string, number> }>();
    for (const { consumer_uuid, resource_class, used, generation } of rows) {
      const entry = byConsumer.get(consumer_uuid) ?? { generation, resources: {} };
      entry.resources[resource_class] = used;
      byConsumer.set(consumer_uuid, entry);
    }
    return { generation: provider.generation, byConsumer };
  }

  /**
   * Sets the allocations of one or several consumers, all or none.
   * @throws consumerGenerationConflict, capacityExceeded, amountNotAllowed, allocationWithoutInventory, allocationProviderMissing
   */
  async replace(wanted: readonly WantedAllocations[]): Promise<void> {
    const classes = new Set(
      wanted.flatMap(({ byProvider }) => [...byProvider.values()].flatMap((resources) => Object.keys(resources))),
    );
    await this.#classes.refuseUnknown([...classes]);
    await this.#db.transaction(async (tx) => {
      const consumers = wanted.map(({ consumer }) => consumer);
      const held = await tx
        .selectFrom('allocations')
        .select(['consumer_uuid', 'provider_uuid', 'resource_class', 'used'])
        .where('consumer_uuid', 'in', consumers)
        .execute();
      const involved = new Set([
        ...held.map(({ provider_uuid }) => provider_uuid),
        ...wanted.flatMap(({ byProvider }) => [...byProvider.keys()]),
      ]);
      const providers = await this.#lock(tx, [...involved]);
      for (const one of wanted) await this.#setConsumer(tx, one);
      await this.#apply(tx, held, wanted, providers);
    });
  }

  async #lock(tx: Tx, uuids: string[]): Promise<Map<string, ProviderRow>> {
    if (uuids.length === 0) return new Map();
    const found = new Map((await lockProviders(tx, this.#db, uuids.sort())).map((row) => [row.uuid, row]));
    const absent = uuids.find((uuid) => !found.has(uuid));
    if (absent) throw errors.allocationProviderMissing({ uuid: absent });
    return found;
  }

  async #setConsumer(tx: Tx, wanted: WantedAllocations): Promise<void> {
    const { consumer, consumerGeneration, projectId, userId, consumerType } = wanted;
    const present = await forUpdate(
      tx.selectFrom('consumers').selectAll().where('uuid', '=', consumer),
      this.#db,
    ).executeTakeFirst();
    const expected = present?.generation ?? null;
    if (consumerGeneration !== undefined && consumerGeneration !== expected) {
      throw errors.consumerGenerationConflict({ expected, actual: consumerGeneration });
    }
    const owner = {
      project_id: projectId,
      user_id: userId,
      ...(consumerType === undefined ? {} : { consumer_type: consumerType }),
    };
    if (!present)
      await tx
        .insertInto('consumers')
        .values({ uuid: consumer, generation: 1, consumer_type: null, ...owner })
        .execute();
    else if (wanted.byProvider.size > 0)
      await tx
        .updateTable('consumers')
        .set({ generation: present.generation + 1, ...owner })
        .where('uuid', '=', consumer)
        .execute();
  }

  async #apply(
    tx: Tx,
    held: readonly Held[],
    wanted: readonly WantedAllocations[],
    providers: ReadonlyMap<string, ProviderRow>,
  ): Promise<void> {
    const now = nowIso();
    const rows = wanted.flatMap(({ consumer, byProvider }) =>
      [...byProvider].flatMap(([provider_uuid, resources]) =>
        Object.entries(resources).map(([resource_class, used]) => ({
          consumer_uuid: consumer,
          provider_uuid,
          resource_class,
          used,
          updated_at: now,
        })),
      ),
    );
    if (held.length > 0)
      await tx
        .deleteFrom('allocations')
        .where(
          'consumer_uuid',
          'in',
          wanted.map(({ consumer }) => consumer),
        )
        .execute();
    await this.#moveSums(tx, held, rows, providers);
    if (rows.length > 0) await tx.insertInto('allocations').values(rows).execute();
    const empty = wanted.filter(({ byProvider }) => byProvider.size === 0).map(({ consumer }) => consumer);
    if (empty.length > 0) await tx.deleteFrom('consumers').where('uuid', 'in', empty).execute();
  }

  async #moveSums(
    tx: Tx,
    held: readonly Held[],
    rows: readonly Held[],
    providers: ReadonlyMap<string, ProviderRow>,
  ): Promise<void> {
    if (providers.size === 0) return;
    const inventories = await tx
      .selectFrom('inventories')
      .selectAll()
      .where('provider_uuid', 'in', [...providers.keys()])
      .execute();
    const byKey = new Map(inventories.map((row) => [keyOf(row), row]));
    const deltas = new Map<string, number>();
    for (const row of held) deltas.set(keyOf(row), (deltas.get(keyOf(row)) ?? 0) - row.used);
    for (const row of rows) {
      const inventory = byKey.get(keyOf(row));
      if (!inventory) throw errors.allocationWithoutInventory({ name: row.resource_class, uuid: row.provider_uuid });
      if (!capacityOf(inventory).allows(row.used))
        throw errors.amountNotAllowed({ name: row.resource_class, uuid: row.provider_uuid });
      deltas.set(keyOf(row), (deltas.get(keyOf(row)) ?? 0) + row.used);
    }
    for (const [key, delta] of deltas) {
      const inventory = byKey.get(key);
      if (inventory && delta !== 0) await this.#addToSum(tx, inventory, delta);
    }
    // A claim raises the generation of those it takes from, so that a stale inventory cannot overwrite the sums.
    const taken = [...new Set(rows.map(({ provider_uuid }) => provider_uuid))];
    if (taken.length > 0)
      await tx
        .updateTable('resource_providers')
        .set((eb) => ({ generation: eb('generation', '+', 1) }))
        .where('uuid', 'in', taken)
        .execute();
  }

  async #addToSum(tx: Tx, inventory: InventoryRow, delta: number): Promise<void> {
    const used = inventory.used + delta;
    if (delta > 0 && used > capacityOf(inventory).total)
      throw errors.capacityExceeded({ name: inventory.resource_class, uuid: inventory.provider_uuid });
    await tx
      .updateTable('inventories')
      .set({ used })
      .where('provider_uuid', '=', inventory.provider_uuid)
      .where('resource_class', '=', inventory.resource_class)
      .execute();
  }

  /** @throws allocationsNotFound */
  async delete(consumer: string): Promise<void> {
    const { consumer: present } = await this.ofConsumer(consumer);
    if (!present) throw errors.allocationsNotFound({ uuid: consumer });
    await this.replace([{ consumer, byProvider: new Map(), projectId: present.projectId, userId: present.userId }]);
  }

  /** Sums by class (and, where asked for, by consumer type with the number of consumers). */
  async usages(
    projectId: string,
    userId: string | undefined,
    consumerType: string | undefined,
  ): Promise<{ type: string; resource_class: string; used: number; consumers: number }[]> {
    let query = this.#db.q
      .selectFrom('allocations')
      .innerJoin('consumers', 'consumers.uuid', 'allocations.consumer_uuid')
      .select((eb) => ['consumer_type', 'resource_class', eb.fn.sum<number>('used').as('used')])
      .where('project_id', '=', projectId)
      .groupBy(['consumer_type', 'resource_class']);
    if (userId !== undefined) query = query.where('user_id', '=', userId);
    if (consumerType === 'unknown') query = query.where('consumer_type', 'is', null);
    else if (consumerType !== undefined && consumerType !== 'all')
      query = query.where('consumer_type', '=', consumerType);
    let counting = this.#db.q
      .selectFrom('consumers')
      .select((eb) => ['consumer_type', eb.fn.countAll<number>().as('count')])
      .where('project_id', '=', projectId)
      .groupBy('consumer_type');
    if (userId !== undefined) counting = counting.where('user_id', '=', userId);
    const counts = new Map((await counting.execute()).map((row) => [row.consumer_type, Number(row.count)]));
    return (await query.execute()).map((row) => ({
      type: row.consumer_type ?? 'unknown',
      resource_class: row.resource_class,
      used: Number(row.used),
      consumers: counts.get(row.consumer_type) ?? 0,
    }));
  }
}

function keyOf({ provider_uuid, resource_class }: { provider_uuid: string; resource_class: string }): string {
  return `${provider_uuid} ${resource_class}`;
}
