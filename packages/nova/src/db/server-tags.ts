import { insertIgnore } from '@kumo/core/db';
import type { Queries } from './servers.ts';

/** Tags of several servers, by server, sorted. */
export async function tagsOf(q: Queries, serverIds: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>(serverIds.map((id) => [id, []]));
  if (serverIds.length === 0) return found;
  const rows = await q
    .selectFrom('server_tags')
    .selectAll()
    .where('server_id', 'in', serverIds)
    .orderBy('server_id')
    .orderBy('tag')
    .execute();
  for (const { server_id, tag } of rows) found.get(server_id)!.push(tag);
  return found;
}

export async function addTags(tx: Queries, serverIds: readonly string[], tags: readonly string[]): Promise<number> {
  return insertIgnore(
    tx,
    'server_tags',
    serverIds.flatMap((server_id) => tags.map((tag) => ({ server_id, tag }))),
  );
}

/** Removes one tag, or all when none is named; gives how many were removed. */
export async function removeTags(tx: Queries, serverId: string, tag?: string): Promise<number> {
  let query = tx.deleteFrom('server_tags').where('server_id', '=', serverId);
  if (tag !== undefined) query = query.where('tag', '=', tag);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}
