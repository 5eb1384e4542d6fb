import type { Queries } from './schema.ts';

export type Metadata = Record<string, string>;
export type MetadataTable = 'volume_metadata' | 'snapshot_metadata';

/** The metadata of several owners, by owner; empty for those that have none. */
export async function metadataOf(
  q: Queries,
  table: MetadataTable,
  ids: readonly string[],
): Promise<Map<string, Metadata>> {
  const found = new Map<string, Metadata>(ids.map((id) => [id, {}]));
  if (ids.length === 0) return found;
  const rows = await q.selectFrom(table).selectAll().where('owner_id', 'in', ids).orderBy('name').execute();
  for (const { owner_id, name, value } of rows) found.get(owner_id)![name] = value;
  return found;
}

/** Puts entries in, over what has the same names; with `replace` nothing else stays. */
export async function putMetadata(
  tx: Queries,
  table: MetadataTable,
  id: string,
  change: { entries: Metadata; replace?: boolean },
): Promise<void> {
  const names = Object.keys(change.entries);
  let stale = tx.deleteFrom(table).where('owner_id', '=', id);
  if (!change.replace) stale = names.length === 0 ? stale.where('name', '=', '') : stale.where('name', 'in', names);
  await stale.execute();
  const rows = Object.entries(change.entries).map(([name, value]) => ({ owner_id: id, name, value }));
  if (rows.length > 0) await tx.insertInto(table).values(rows).execute();
}

/** False when it was not there. */
export async function dropMetadata(tx: Queries, table: MetadataTable, id: string, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom(table)
    .where('owner_id', '=', id)
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
