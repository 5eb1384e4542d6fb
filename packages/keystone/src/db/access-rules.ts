import { insertIgnore, type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { AccessRule } from '@kumo/core/http';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { AccessRuleRow } from './schema-delegation.ts';

type Q = Kysely<KeystoneTables>;

/** An access rule of one user, for its application credentials. */
export interface StoredAccessRule extends AccessRule {
  readonly id: string;
  readonly userId: string;
}

/** Undefined when the user has none of this id. */
export async function findAccessRule(q: Q, userId: string, id: string): Promise<StoredAccessRule | undefined> {
  const row = await q
    .selectFrom('access_rules')
    .selectAll()
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row && fromRow(row);
}

/** The user's rules among these ids. */
export async function findAccessRules(q: Q, userId: string, ids: readonly string[]): Promise<StoredAccessRule[]> {
  if (ids.length === 0) return [];
  const rows = await q
    .selectFrom('access_rules')
    .selectAll()
    .where('user_id', '=', userId)
    .where('id', 'in', [...ids])
    .execute();
  return rows.map(fromRow);
}

export async function listAccessRules(q: Q, options: PageOptions): Promise<Page<StoredAccessRule>> {
  const page = await pageQuery(q.selectFrom('access_rules').selectAll(), options);
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

/** The rule as it is stored: a user has each rule once. */
export async function ensureAccessRule(tx: Q, rule: StoredAccessRule): Promise<StoredAccessRule> {
  const { userId: user_id, ...values } = rule;
  await insertIgnore(tx, 'access_rules', [{ ...values, user_id }]);
  const row = await tx
    .selectFrom('access_rules')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('service', '=', rule.service)
    .where('path', '=', rule.path)
    .where('method', '=', rule.method)
    .executeTakeFirstOrThrow();
  return fromRow(row);
}

/** @throws what `isForeignKeyViolation` knows when an application credential has it. */
export async function deleteAccessRule(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('access_rules').where('id', '=', id).execute();
}

/** After the application credentials that have them. */
export async function deleteAccessRulesOfUsers(tx: Q, userIds: readonly string[]): Promise<void> {
  await tx
    .deleteFrom('access_rules')
    .where('user_id', 'in', [...userIds])
    .execute();
}

function fromRow({ id, user_id: userId, service, method, path }: AccessRuleRow): StoredAccessRule {
  return { id, userId, service, method, path };
}
