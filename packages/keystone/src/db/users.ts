import { applyFilters, type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { ExpressionBuilder, Kysely } from 'kysely';
import type { KeystoneTables, UserRow } from './schema.ts';
import type { PasswordRow } from './schema-passwords.ts';

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
  /** The day of the last login. */
  readonly lastActiveOn?: string | null;
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

/** Users whose password ends before, at or after a time; those whose password never ends, or who have none, are none of them. */
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
  if (passwordEnd) query = query.where('id', 'in', usersByPasswordEnd(q, passwordEnd));
  const page = await pageQuery(query, options);
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

/** Only a user's newest password counts. */
function usersByPasswordEnd(q: Q, { op, time }: PasswordEndFilter) {
  const newer = (eb: ExpressionBuilder<KeystoneTables & { old: PasswordRow }, 'old'>) =>
    eb
      .selectFrom('passwords as newer')
      .select('newer.id')
      .whereRef('newer.user_id', '=', 'old.user_id')
      .whereRef('newer.created_at', '>', 'old.created_at');
  const ending = q
    .selectFrom('passwords as old')
    .select('old.user_id')
    .where((eb) => eb.not(eb.exists(newer(eb))));
  return applyFilters(ending, [{ column: 'old.expires_at', op, value: time }]);
}

export async function insertUser(tx: Q, user: User): Promise<void> {
  await tx
    .insertInto('users')
    .values({ ...toRow(user), last_active_on: null })
    .execute();
}

export async function updateUser(tx: Q, user: User): Promise<void> {
  const { id, ...values } = toRow(user);
  await tx.updateTable('users').set(values).where('id', '=', id).execute();
}

export async function deleteUser(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('users').where('id', '=', id).execute();
}

/** The day of the last login. */
export async function setLastActive(q: Q, id: string, day: string): Promise<void> {
  await q.updateTable('users').set({ last_active_on: day }).where('id', '=', id).execute();
}

/** Users lose a default project that is deleted. False when it was nobody's. */
export async function forgetDefaultProject(tx: Q, projectId: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set({ default_project_id: null })
    .where('default_project_id', '=', projectId)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
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
    lastActiveOn: row.last_active_on,
  };
}

/** All but the day of the last login, which is set by logins alone. */
function toRow(user: User): Omit<UserRow, 'last_active_on'> {
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
