import { applyFilters, type Filter, type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables, UserRow } from './schema.ts';

type Q = Kysely<KeystoneTables>;

export interface User {
  readonly id: string;
  readonly domainId: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly defaultProjectId: string | null;
  readonly options: Record<string, unknown>;
  /** `description`, `email` and what else clients add. */
  readonly extra: Record<string, unknown>;
  readonly createdAt: string;
}

export interface Password {
  readonly id: string;
  readonly userId: string;
  readonly hash: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

/** Undefined when there is none. */
export async function findUser(q: Q, id: string): Promise<User | undefined> {
  const row = await q.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

export async function findUserByName(q: Q, name: string, domainId: string): Promise<User | undefined> {
  const row = await q
    .selectFrom('users')
    .selectAll()
    .where('domain_id', '=', domainId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function findUsers(q: Q, ids: readonly string[]): Promise<User[]> {
  if (ids.length === 0) return [];
  return (
    await q
      .selectFrom('users')
      .selectAll()
      .where('id', 'in', [...ids])
      .execute()
  ).map(fromRow);
}

/** Users whose password ends before, at or after a time; those whose password never ends are none of them. */
export interface PasswordEndFilter {
  readonly op: 'lt' | 'lte' | 'gt' | 'gte' | 'eq' | 'ne';
  readonly time: string;
}

/** @param options.groupId only this group's members. */
export async function listUsers(
  q: Q,
  options: PageOptions & { groupId?: string; passwordEnd?: PasswordEndFilter },
): Promise<Page<User>> {
  const { groupId, passwordEnd } = options;
  let query = q.selectFrom('users').selectAll();
  if (groupId !== undefined)
    query = query.where('id', 'in', q.selectFrom('group_members').select('user_id').where('group_id', '=', groupId));
  if (passwordEnd) {
    const filters: Filter[] = [{ column: 'expires_at', op: passwordEnd.op, value: passwordEnd.time }];
    query = query.where('id', 'in', applyFilters(q.selectFrom('passwords').select('user_id'), filters));
  }
  const page = await pageQuery(query, options);
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

export async function insertUser(tx: Q, user: User): Promise<void> {
  await tx.insertInto('users').values(toRow(user)).execute();
}

export async function updateUser(tx: Q, user: User): Promise<void> {
  const { id, ...values } = toRow(user);
  await tx.updateTable('users').set(values).where('id', '=', id).execute();
}

export async function deleteUser(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('users').where('id', '=', id).execute();
}

/** The one that counts. */
export async function newestPassword(q: Q, userId: string): Promise<Password | undefined> {
  const row = await q
    .selectFrom('passwords')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      userId: row.user_id,
      hash: row.hash,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    }
  );
}

/** When the passwords of some users end; absent: never, or there is none. */
export async function passwordEnds(q: Q, userIds: readonly string[]): Promise<Map<string, string>> {
  if (userIds.length === 0) return new Map();
  const rows = await q
    .selectFrom('passwords')
    .select(['user_id', 'created_at', 'expires_at'])
    .where('user_id', 'in', [...userIds])
    .orderBy('created_at')
    .execute();
  const newest = new Map(rows.map((row) => [row.user_id, row.expires_at]));
  return new Map([...newest].filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Replaces a user's password. */
export async function replacePassword(tx: Q, password: Password): Promise<void> {
  await tx.deleteFrom('passwords').where('user_id', '=', password.userId).execute();
  await tx
    .insertInto('passwords')
    .values({
      id: password.id,
      user_id: password.userId,
      hash: password.hash,
      created_at: password.createdAt,
      expires_at: password.expiresAt,
    })
    .execute();
}

/** Users lose a default project that is deleted. */
export async function forgetDefaultProject(tx: Q, projectId: string): Promise<void> {
  await tx.updateTable('users').set({ default_project_id: null }).where('default_project_id', '=', projectId).execute();
}

function fromRow(row: UserRow): User {
  return {
    id: row.id,
    domainId: row.domain_id,
    name: row.name,
    enabled: row.enabled === 1,
    defaultProjectId: row.default_project_id,
    options: JSON.parse(row.options),
    extra: JSON.parse(row.extra),
    createdAt: row.created_at,
  };
}

function toRow(user: User): UserRow {
  return {
    id: user.id,
    domain_id: user.domainId,
    name: user.name,
    enabled: Number(user.enabled),
    default_project_id: user.defaultProjectId,
    options: JSON.stringify(user.options),
    extra: JSON.stringify(user.extra),
    created_at: user.createdAt,
  };
}
