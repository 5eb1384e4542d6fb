import { type Db, forUpdate, nowIso } from '@kumo/core/db';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { PlacementTables } from './schema.ts';

export type ProviderRow = Selectable<PlacementTables['resource_providers']>;
export type Tx = Transaction<PlacementTables>;
export type Queries = Kysely<PlacementTables>;

export interface ProviderFilters {
  name?: string;
  uuid?: string;
  /** Any provider of the wanted provider's tree. */
  inTree?: string;
}

export async function listProviders(q: Queries, filters: ProviderFilters): Promise<ProviderRow[]> {
  let query = q.selectFrom('resource_providers').selectAll();
  if (filters.name !== undefined) query = query.where('name', '=', filters.name);
  if (filters.uuid !== undefined) query = query.where('uuid', '=', filters.uuid);
  if (filters.inTree !== undefined) {
    const { inTree } = filters;
    query = query.where('root_uuid', 'in', (sub) =>
      sub.selectFrom('resource_providers as one').select('one.root_uuid').where('one.uuid', '=', inTree),
    );
  }
  return query.orderBy('uuid').execute();
}

export function findProvider(q: Queries | Tx, uuid: string): Promise<ProviderRow | undefined> {
  return q.selectFrom('resource_providers').selectAll().where('uuid', '=', uuid).executeTakeFirst();
}

/** The provider, locked until the transaction ends. */
export function lockProvider(tx: Tx, db: Db<PlacementTables>, uuid: string): Promise<ProviderRow | undefined> {
  return forUpdate(tx.selectFrom('resource_providers').selectAll().where('uuid', '=', uuid), db).executeTakeFirst();
}

/** Several providers, locked in the order of their ids so that two claims never wait for each other. */
export function lockProviders(tx: Tx, db: Db<PlacementTables>, uuids: readonly string[]): Promise<ProviderRow[]> {
  return forUpdate(
    tx
      .selectFrom('resource_providers')
      .selectAll()
      .where('uuid', 'in', [...uuids])
      .orderBy('uuid'),
    db,
  ).execute();
}

export async function insertProvider(tx: Tx, row: ProviderRow): Promise<void> {
  await tx.insertInto('resource_providers').values(row).execute();
}

/** Raises the generation of a locked provider; gives the new one. */
export async function raiseGeneration(tx: Tx, provider: ProviderRow): Promise<number> {
  const generation = provider.generation + 1;
  await tx
    .updateTable('resource_providers')
    .set({ generation, updated_at: nowIso() })
    .where('uuid', '=', provider.uuid)
    .execute();
  return generation;
}

/** The traits of each of the providers. */
export async function traitsOf(q: Queries | Tx, uuids: readonly string[]): Promise<Map<string, Set<string>>> {
  if (uuids.length === 0) return new Map();
  const rows = await q
    .selectFrom('provider_traits')
    .selectAll()
    .where('provider_uuid', 'in', [...uuids])
    .execute();
  return gather(rows, (row) => row.trait);
}

/** The aggregates of each of the providers. */
export async function aggregatesOf(q: Queries | Tx, uuids: readonly string[]): Promise<Map<string, Set<string>>> {
  if (uuids.length === 0) return new Map();
  const rows = await q
    .selectFrom('provider_aggregates')
    .selectAll()
    .where('provider_uuid', 'in', [...uuids])
    .execute();
  return gather(rows, (row) => row.aggregate_uuid);
}

function gather<R extends { provider_uuid: string }>(
  rows: readonly R[],
  value: (row: R) => string,
): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const row of rows) {
    const of = found.get(row.provider_uuid);
    if (of) of.add(value(row));
    else found.set(row.provider_uuid, new Set([value(row)]));
  }
  return found;
}
