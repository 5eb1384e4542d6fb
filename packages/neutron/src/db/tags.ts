import { insertIgnore } from '@kumo/core/db';
import { sql } from 'kysely';
import type { Query, Tx, UntypedSelect } from './table.ts';

export async function tagsOf(q: Query, resourceIds: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (resourceIds.length === 0) return found;
  const rows = await q.selectFrom('tags').selectAll().where('resource_id', 'in', resourceIds).orderBy('tag').execute();
  for (const row of rows) found.set(row.resource_id, [...(found.get(row.resource_id) ?? []), row.tag]);
  return found;
}

export async function addTags(tx: Tx, resourceId: string, tags: readonly string[]): Promise<void> {
  const rows = [...new Set(tags)].map((tag) => ({ resource_id: resourceId, tag }));
  await insertIgnore(tx, 'tags', rows);
}

/** All of them, or only one. Gives how many there were. */
export async function removeTags(tx: Tx, resourceId: string, tag?: string): Promise<number> {
  const all = tx.deleteFrom('tags').where('resource_id', '=', resourceId);
  const result = await (tag === undefined ? all : all.where('tag', '=', tag)).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Narrows a list to resources with all (or any) of the tags, or without. */
export function whereTagged(
  query: UntypedSelect,
  tags: readonly string[],
  how: { match: 'all' | 'any'; negated: boolean },
): UntypedSelect {
  const least = how.match === 'all' ? new Set(tags).size : 1;
  const list = sql.join(tags.map((tag) => sql`${tag}`));
  const tagged = sql`(select resource_id from tags where tag in (${list}) group by resource_id having count(*) >= ${sql.lit(least)})`;
  const id = sql.ref('id');
  return query.where(how.negated ? sql<boolean>`${id} not in ${tagged}` : sql<boolean>`${id} in ${tagged}`);
}
