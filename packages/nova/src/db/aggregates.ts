import { randomUUID } from 'node:crypto';
import { nowIso } from '@kumo/core/db';
import type { Queries } from './servers.ts';

export interface Aggregate {
  id: number;
  uuid: string;
  name: string;
  hosts: string[];
  metadata: Record<string, string>;
  createdAt: string;
  updatedAt: string | null;
}

/** All aggregates, with their hosts and metadata: there are few, and schedulers want all of them. */
export async function listAggregates(q: Queries): Promise<Aggregate[]> {
  const rows = await q.selectFrom('aggregates').selectAll().orderBy('id').execute();
  if (rows.length === 0) return [];
  const hosts = await q.selectFrom('aggregate_hosts').selectAll().orderBy('host').execute();
  const metadata = await q.selectFrom('aggregate_metadata').selectAll().orderBy('name').execute();
  return rows.map((row) => ({
    id: row.id,
    uuid: row.uuid,
    name: row.name,
    hosts: hosts.filter(({ aggregate_id }) => aggregate_id === row.id).map(({ host }) => host),
    metadata: Object.fromEntries(
      metadata.filter(({ aggregate_id }) => aggregate_id === row.id).map(({ name, value }) => [name, value]),
    ),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}

export async function insertAggregate(tx: Queries, name: string, metadata: Record<string, string>): Promise<number> {
  const { last } = await tx
    .selectFrom('aggregates')
    .select(({ fn }) => fn.max('id').as('last'))
    .executeTakeFirstOrThrow();
  const id = Number(last ?? 0) + 1;
  await tx
    .insertInto('aggregates')
    .values({ id, uuid: randomUUID(), name, created_at: nowIso(), updated_at: null })
    .execute();
  await setAggregateMetadata(tx, id, metadata);
  return id;
}

export async function renameAggregate(tx: Queries, id: number, name: string): Promise<void> {
  await tx.updateTable('aggregates').set({ name, updated_at: nowIso() }).where('id', '=', id).execute();
}

/** Sets each key; null takes it out. */
export async function setAggregateMetadata(
  tx: Queries,
  id: number,
  metadata: Record<string, string | null>,
): Promise<void> {
  const names = Object.keys(metadata);
  if (names.length === 0) return;
  await tx.deleteFrom('aggregate_metadata').where('aggregate_id', '=', id).where('name', 'in', names).execute();
  const rows = Object.entries(metadata).flatMap(([name, value]) =>
    value === null ? [] : [{ aggregate_id: id, name, value }],
  );
  if (rows.length > 0) await tx.insertInto('aggregate_metadata').values(rows).execute();
}

export async function addAggregateHost(tx: Queries, id: number, host: string): Promise<void> {
  await tx.insertInto('aggregate_hosts').values({ aggregate_id: id, host }).execute();
}

export async function removeAggregateHost(tx: Queries, id: number, host: string): Promise<boolean> {
  const query = tx.deleteFrom('aggregate_hosts').where('aggregate_id', '=', id).where('host', '=', host);
  return Number((await query.executeTakeFirst()).numDeletedRows) > 0;
}

export async function deleteAggregate(tx: Queries, id: number): Promise<void> {
  await tx.deleteFrom('aggregates').where('id', '=', id).execute();
}
