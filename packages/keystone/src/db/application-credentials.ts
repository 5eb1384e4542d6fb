import { applyFilters, type Filter, type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { StoredAccessRule } from './access-rules.ts';
import type { ChangeTag } from './change-tags.ts';
import type { KeystoneTables } from './schema.ts';
import type { ApplicationCredentialRow } from './schema-delegation.ts';

type Q = Kysely<KeystoneTables>;

/** A secret with which a program has some of its owner's roles in one project. */
export interface ApplicationCredential {
  readonly id: string;
  readonly userId: string;
  readonly projectId: string;
  /** Unique among the owner's. */
  readonly name: string;
  readonly description: string | null;
  readonly secretHash: string;
  readonly expiresAt: string | null;
  /** It may manage further application credentials. */
  readonly unrestricted: boolean;
  readonly roleIds: readonly string[];
  /** None: its roles say it all. */
  readonly accessRules: readonly StoredAccessRule[];
}

export const applicationCredentialTag = (id: string): ChangeTag => `application credential ${id}`;

/** Undefined when there is none. */
export async function findApplicationCredential(q: Q, id: string): Promise<ApplicationCredential | undefined> {
  return (await findWhere(q, [{ column: 'id', op: 'eq', value: id }]))[0];
}

export async function findApplicationCredentialByName(
  q: Q,
  userId: string,
  name: string,
): Promise<ApplicationCredential | undefined> {
  const filters: Filter[] = [
    { column: 'user_id', op: 'eq', value: userId },
    { column: 'name', op: 'eq', value: name },
  ];
  return (await findWhere(q, filters))[0];
}

export async function listApplicationCredentials(q: Q, options: PageOptions): Promise<Page<ApplicationCredential>> {
  const page = await pageQuery(q.selectFrom('application_credentials').selectAll(), options);
  return { rows: await withParts(q, page.rows), hasMore: page.hasMore };
}

export async function countApplicationCredentials(tx: Q, userId: string): Promise<number> {
  const { count } = await tx
    .selectFrom('application_credentials')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Its access rules must be there. */
export async function insertApplicationCredential(tx: Q, credential: ApplicationCredential): Promise<void> {
  const { id, roleIds, accessRules } = credential;
  await tx.insertInto('application_credentials').values(toRow(credential)).execute();
  const roles = roleIds.map((roleId) => ({ application_credential_id: id, role_id: roleId }));
  if (roles.length > 0) await tx.insertInto('application_credential_roles').values(roles).execute();
  const rules = accessRules.map((rule) => ({ application_credential_id: id, access_rule_id: rule.id }));
  if (rules.length > 0) await tx.insertInto('application_credential_access_rules').values(rules).execute();
}

/** False when there was none. Its access rules stay. */
export async function deleteApplicationCredential(tx: Q, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('application_credentials')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function deleteApplicationCredentialsOfUsers(tx: Q, userIds: readonly string[]): Promise<void> {
  await tx
    .deleteFrom('application_credentials')
    .where('user_id', 'in', [...userIds])
    .execute();
}

/** Those that give one of the roles. */
export async function deleteApplicationCredentialsWithRoles(tx: Q, roleIds: readonly string[]): Promise<void> {
  const having = await tx
    .selectFrom('application_credential_roles')
    .select('application_credential_id as id')
    .where('role_id', 'in', [...roleIds])
    .execute();
  for (const { id } of having) await deleteApplicationCredential(tx, id);
}

async function findWhere(q: Q, filters: readonly Filter[]): Promise<ApplicationCredential[]> {
  return withParts(q, await applyFilters(q.selectFrom('application_credentials').selectAll(), filters).execute());
}

async function withParts(q: Q, rows: readonly ApplicationCredentialRow[]): Promise<ApplicationCredential[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const roles = await q
    .selectFrom('application_credential_roles')
    .selectAll()
    .where('application_credential_id', 'in', ids)
    .orderBy('role_id')
    .execute();
  const rules = await q
    .selectFrom('application_credential_access_rules as used')
    .innerJoin('access_rules as rule', 'rule.id', 'used.access_rule_id')
    .select(['used.application_credential_id as credential_id', 'rule.id', 'rule.user_id as userId'])
    .select(['rule.service', 'rule.method', 'rule.path'])
    .where('used.application_credential_id', 'in', ids)
    .orderBy('rule.id')
    .execute();
  const rolesOf = Map.groupBy(roles, (one) => one.application_credential_id);
  const rulesOf = Map.groupBy(rules, (one) => one.credential_id);
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    projectId: row.project_id,
    name: row.name,
    description: row.description,
    secretHash: row.secret_hash,
    expiresAt: row.expires_at,
    unrestricted: row.unrestricted === 1,
    roleIds: (rolesOf.get(row.id) ?? []).map((one) => one.role_id),
    accessRules: (rulesOf.get(row.id) ?? []).map(({ credential_id: _, ...rule }) => rule),
  }));
}

function toRow(credential: ApplicationCredential): ApplicationCredentialRow {
  return {
    id: credential.id,
    user_id: credential.userId,
    project_id: credential.projectId,
    name: credential.name,
    description: credential.description,
    secret_hash: credential.secretHash,
    expires_at: credential.expiresAt,
    unrestricted: Number(credential.unrestricted),
  };
}
