import { randomUUID } from 'node:crypto';
import { type Db, isUniqueViolation, nowIso } from '@kumo/core/db';
import {
  aggregatesOf,
  findProvider,
  insertProvider,
  listProviders,
  lockProvider,
  type ProviderFilters,
  type ProviderRow,
  raiseGeneration,
  type Tx,
  traitsOf,
} from '../db/resource-providers.ts';
import type { PlacementTables } from '../db/schema.ts';
import * as errors from '../errors.ts';
import { capacityOf } from './capacity.ts';
import { type AggregateQuery, aggregatesFit, asksTraits, type TraitQuery, traitsFit } from './query.ts';

export interface ProviderQuery extends ProviderFilters {
  resources?: Map<string, number>;
  traits: TraitQuery;
  memberOf: AggregateQuery;
}

export interface WantedProvider {
  uuid?: string;
  name: string;
  parentUuid?: string | null;
}

/** Resource providers: a forest of what has inventory. */
export class Providers {
  readonly #db: Db<PlacementTables>;

  constructor(db: Db<PlacementTables>) {
    this.#db = db;
  }

  async list(query: ProviderQuery): Promise<ProviderRow[]> {
    const { q } = this.#db;
    let rows = await listProviders(q, query);
    const uuids = () => rows.map(({ uuid }) => uuid);
    if (asksTraits(query.traits)) {
      const traits = await traitsOf(q, uuids());
      rows = rows.filter(({ uuid }) => traitsFit(query.traits, traits.get(uuid) ?? new Set()));
    }
    if (query.memberOf.anyOf.length + query.memberOf.forbidden.length > 0) {
      const aggregates = await aggregatesOf(q, uuids());
      rows = rows.filter(({ uuid }) => aggregatesFit(query.memberOf, aggregates.get(uuid) ?? new Set()));
    }
    return query.resources && rows.length > 0 ? this.#withRoom(rows, query.resources) : rows;
  }

  async #withRoom(rows: ProviderRow[], resources: Map<string, number>): Promise<ProviderRow[]> {
    const inventories = await this.#db.q
      .selectFrom('inventories')
      .selectAll()
      .where('resource_class', 'in', [...resources.keys()])
      .where(
        'provider_uuid',
        'in',
        rows.map(({ uuid }) => uuid),
      )
      .execute();
    const fits = Map.groupBy(
      inventories.filter((inventory) => capacityOf(inventory).takes(resources.get(inventory.resource_class)!)),
      ({ provider_uuid }) => provider_uuid,
    );
    return rows.filter(({ uuid }) => fits.get(uuid)?.length === resources.size);
  }

  /** @throws providerNotFound */
  async show(uuid: string): Promise<ProviderRow> {
    const found = await findProvider(this.#db.q, uuid);
    if (!found) throw errors.providerNotFound({ uuid });
    return found;
  }

  /** @throws providerNameTaken, providerUuidTaken, parentNotFound */
  async create(wanted: WantedProvider): Promise<ProviderRow> {
    const uuid = wanted.uuid ?? randomUUID();
    const now = nowIso();
    try {
      return await this.#db.transaction(async (tx) => {
        const parent = await this.#parent(tx, uuid, wanted.parentUuid ?? null);
        const row: ProviderRow = {
          uuid,
          name: wanted.name,
          generation: 0,
          parent_uuid: parent?.uuid ?? null,
          root_uuid: parent?.root_uuid ?? uuid,
          created_at: now,
          updated_at: now,
        };
        await insertProvider(tx, row);
        return row;
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw (await findProvider(this.#db.q, uuid))
        ? errors.providerUuidTaken({ uuid })
        : errors.providerNameTaken({ name: wanted.name });
    }
  }

  async #parent(tx: Tx, uuid: string, parentUuid: string | null): Promise<ProviderRow | undefined> {
    if (parentUuid === null) return undefined;
    const parent = await findProvider(tx, parentUuid);
    if (!parent) throw errors.parentNotFound({ uuid, parent: parentUuid });
    return parent;
  }

  /**
   * Renames a provider, and moves it in the forest where the version allows.
   * @param mayMove from 1.37 on; before, a provider without a parent may only be given one.
   */
  async update(
    uuid: string,
    wanted: { name: string; parentUuid?: string | null },
    mayMove: boolean,
  ): Promise<ProviderRow> {
    try {
      return await this.#db.transaction(async (tx) => {
        const row = await lockProvider(tx, this.#db, uuid);
        if (!row) throw errors.providerNotFound({ uuid });
        const parentUuid = wanted.parentUuid === undefined ? row.parent_uuid : wanted.parentUuid;
        const root = parentUuid === row.parent_uuid ? row.root_uuid : await this.#move(tx, row, parentUuid, mayMove);
        const next: ProviderRow = {
          ...row,
          name: wanted.name,
          parent_uuid: parentUuid,
          root_uuid: root,
          updated_at: nowIso(),
        };
        await tx.updateTable('resource_providers').set(next).where('uuid', '=', uuid).execute();
        return next;
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw errors.providerNameTaken({ name: wanted.name });
      throw error;
    }
  }

  async #move(tx: Tx, row: ProviderRow, parentUuid: string | null, mayMove: boolean): Promise<string> {
    const { uuid } = row;
    if (row.parent_uuid !== null && !mayMove) throw errors.reparentTooOld({ uuid });
    const below = await this.#subtree(tx, row);
    if (parentUuid !== null && below.includes(parentUuid)) throw errors.parentLoop({ uuid });
    const parent = await this.#parent(tx, uuid, parentUuid);
    const root = parent?.root_uuid ?? uuid;
    await tx.updateTable('resource_providers').set({ root_uuid: root }).where('uuid', 'in', below).execute();
    return root;
  }

  async #subtree(tx: Tx, top: ProviderRow): Promise<string[]> {
    const tree = await tx
      .selectFrom('resource_providers')
      .select(['uuid', 'parent_uuid'])
      .where('root_uuid', '=', top.root_uuid)
      .execute();
    const found = [top.uuid];
    for (const uuid of found) found.push(...tree.filter((one) => one.parent_uuid === uuid).map((one) => one.uuid));
    return found;
  }

  /** @throws providerNotFound, providerHasChildren, providerInUse */
  delete(uuid: string): Promise<void> {
    return this.#db.transaction(async (tx) => {
      if (!(await lockProvider(tx, this.#db, uuid))) throw errors.providerNotFound({ uuid });
      const child = await tx
        .selectFrom('resource_providers')
        .select('uuid')
        .where('parent_uuid', '=', uuid)
        .limit(1)
        .executeTakeFirst();
      if (child) throw errors.providerHasChildren({ uuid });
      const allocation = await tx
        .selectFrom('allocations')
        .select('consumer_uuid')
        .where('provider_uuid', '=', uuid)
        .limit(1)
        .executeTakeFirst();
      if (allocation) throw errors.providerInUse({ uuid });
      for (const table of ['inventories', 'provider_traits', 'provider_aggregates'] as const)
        await tx.deleteFrom(table).where('provider_uuid', '=', uuid).execute();
      await tx.deleteFrom('resource_providers').where('uuid', '=', uuid).execute();
    });
  }

  async aggregates(uuid: string): Promise<{ provider: ProviderRow; aggregates: string[] }> {
    const provider = await this.show(uuid);
    return { provider, aggregates: [...((await aggregatesOf(this.#db.q, [uuid])).get(uuid) ?? [])].sort() };
  }

  /** @throws concurrentUpdate when `generation` is given (1.19) and not the provider's. */
  replaceAggregates(
    uuid: string,
    aggregates: readonly string[],
    generation: number | undefined,
  ): Promise<{ generation: number; aggregates: string[] }> {
    return this.#db.transaction(async (tx) => {
      const provider = await this.locked(tx, uuid, generation);
      await tx.deleteFrom('provider_aggregates').where('provider_uuid', '=', uuid).execute();
      if (aggregates.length > 0) {
        await tx
          .insertInto('provider_aggregates')
          .values(aggregates.map((aggregate_uuid) => ({ provider_uuid: uuid, aggregate_uuid })))
          .execute();
      }
      // Before 1.19 a change of aggregates left the generation alone, and clients of that time count on it.
      return {
        generation: generation === undefined ? provider.generation : await raiseGeneration(tx, provider),
        aggregates: [...aggregates].sort(),
      };
    });
  }

  /** The locked provider. @throws providerNotFound, concurrentUpdate */
  async locked(tx: Tx, uuid: string, generation: number | undefined): Promise<ProviderRow> {
    const provider = await lockProvider(tx, this.#db, uuid);
    if (!provider) throw errors.providerNotFound({ uuid });
    if (generation !== undefined && generation !== provider.generation)
      throw errors.concurrentUpdate({ uuid, actual: provider.generation });
    return provider;
  }
}
