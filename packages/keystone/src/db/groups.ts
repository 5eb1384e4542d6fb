import { insertIgnore, type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import { inChunks } from './chunks.ts';
import type { GroupRow, KeystoneTables } from './schema.ts';

type Q = Kysely<KeystoneTables>;

export interface Group {
  readonly id: string;
  readonly domainId: string;
  readonly name: string;
  readonly description: string;
  /** Attributes of clients' own, kept and answered as they came. */
  readonly extra: Record<string, unknown>;
}

/** Undefined when there is none. */
export async function findGroup(q: Q, id: string): Promise<Group | undefined> {
  const row = await q.selectFrom('user_groups').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

export async function findGroups(q: Q, ids: readonly string[]): Promise<Group[]> {
  const all = q.selectFrom('user_groups').selectAll();
  return (await inChunks(ids, (some) => all.where('id', 'in', [...some]).execute())).map(fromRow);
}

/** @param options.userId only the groups that this user is in. */
export async function listGroups(q: Q, options: PageOptions & { userId?: string }): Promise<Page<Group>> {
  const { userId } = options;
  const all = q.selectFrom('user_groups').selectAll();
  const query =
    userId === undefined
      ? all
      : all.where('id', 'in', q.selectFrom('group_members').select('group_id').where('user_id', '=', userId));
  const page = await pageQuery(query, options);
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

export async function insertGroup(tx: Q, group: Group): Promise<void> {
  await tx.insertInto('user_groups').values(toRow(group)).execute();
}

export async function updateGroup(tx: Q, group: Group): Promise<void> {
  const { id, ...values } = toRow(group);
  await tx.updateTable('user_groups').set(values).where('id', '=', id).execute();
}

export async function deleteGroup(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('user_groups').where('id', '=', id).execute();
}

export async function groupIdsOf(q: Q, userId: string): Promise<string[]> {
  const rows = await q.selectFrom('group_members').select('group_id').where('user_id', '=', userId).execute();
  return rows.map((row) => row.group_id);
}

/** The members of a group, at most `limit`. */
export async function membersOf(q: Q, groupId: string, limit: number): Promise<string[]> {
  const rows = await q
    .selectFrom('group_members')
    .select('user_id')
    .where('group_id', '=', groupId)
    .orderBy('user_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.user_id);
}

export async function isMember(q: Q, groupId: string, userId: string): Promise<boolean> {
  const row = await q
    .selectFrom('group_members')
    .select('user_id')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Nothing happens when the user is in it already. */
export async function addMember(tx: Q, groupId: string, userId: string): Promise<void> {
  await insertIgnore(tx, 'group_members', [{ group_id: groupId, user_id: userId }]);
}

/** False when the user was not in it. */
export async function removeMember(tx: Q, groupId: string, userId: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('group_members')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

function fromRow(row: GroupRow): Group {
  const { id, domain_id: domainId, name, description, extra } = row;
  return { id, domainId, name, description, extra: extra === null ? {} : JSON.parse(extra) };
}

function toRow(group: Group): GroupRow {
  const { id, domainId, name, description, extra } = group;
  return { id, domain_id: domainId, name, description, extra: JSON.stringify(extra) };
}
