import type { Queries } from './servers.ts';

/** Metadata of several servers, by server. */
export async function metadataOf(
  q: Queries,
  serverIds: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>(serverIds.map((id) => [id, {}]));
  if (serverIds.length === 0) return found;
  const rows = await q
    .selectFrom('server_metadata')
    .selectAll()
    .where('server_id', 'in', serverIds)
    .orderBy('server_id')
    .orderBy('name')
    .execute();
  for (const { server_id, name, value } of rows) found.get(server_id)![name] = value;
  return found;
}

export async function insertMetadata(
  tx: Queries,
  serverIds: readonly string[],
  metadata: Record<string, string>,
): Promise<void> {
  const rows = serverIds.flatMap((server_id) =>
    Object.entries(metadata).map(([name, value]) => ({ server_id, name, value })),
  );
  if (rows.length > 0) await tx.insertInto('server_metadata').values(rows).execute();
}

/** All of a server's metadata is this afterwards. */
export async function replaceMetadata(tx: Queries, serverId: string, metadata: Record<string, string>): Promise<void> {
  await tx.deleteFrom('server_metadata').where('server_id', '=', serverId).execute();
  await insertMetadata(tx, [serverId], metadata);
}
