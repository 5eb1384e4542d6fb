import { type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { ChangeTag } from './change-tags.ts';
import type { KeystoneTables } from './schema.ts';
import type { TrustRow } from './schema-delegation.ts';

type Q = Kysely<KeystoneTables>;

/** A user's (the trustor's) roles in a project, lent to another one (the trustee). */
export interface Trust {
  readonly id: string;
  readonly trustorId: string;
  readonly trusteeId: string;
  readonly projectId: string | null;
  /** The trustee's tokens say that they are the trustor's. */
  readonly impersonation: boolean;
  readonly expiresAt: string | null;
  /** Logins that are left; null: any number. */
  readonly remainingUses: number | null;
  /** The trust that this one passes on. */
  readonly redelegatedTrustId: string | null;
  /** How often it may be passed on in turn. */
  readonly redelegationCount: number;
  readonly extra: Record<string, unknown>;
}

/** With the ids of its roles, those included that are there no more. */
export interface TrustWithRoles extends Trust {
  readonly roleIds: readonly string[];
}

/** A trust's row and roles; how many uses are left does not count. */
export const trustTag = (id: string): ChangeTag => `trust ${id}`;

/** Also one that has expired or been used up. Undefined when there is none. */
export async function findTrust(q: Q, id: string): Promise<TrustWithRoles | undefined> {
  const row = await q.selectFrom('trusts').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const roles = await q
    .selectFrom('trust_roles')
    .select('role_id')
    .where('trust_id', '=', id)
    .orderBy('role_id')
    .execute();
  return { ...fromRow(row), roleIds: roles.map((role) => role.role_id) };
}

/** Without their roles, as Keystone lists them. */
export async function listTrusts(q: Q, options: PageOptions): Promise<Page<Trust>> {
  const page = await pageQuery(q.selectFrom('trusts').selectAll(), options);
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

export async function insertTrust(tx: Q, trust: TrustWithRoles): Promise<void> {
  await tx.insertInto('trusts').values(toRow(trust)).execute();
  const roles = trust.roleIds.map((id) => ({ trust_id: trust.id, role_id: id }));
  if (roles.length > 0) await tx.insertInto('trust_roles').values(roles).execute();
}

/** A trust and all that pass it on, directly or further on. */
export async function idsOfTrustTree(tx: Q, id: string): Promise<string[]> {
  const ids = [id];
  for (let level = ids; level.length > 0; ) {
    const rows = await tx.selectFrom('trusts').select('id').where('redelegated_trust_id', 'in', level).execute();
    level = rows.map((row) => row.id);
    ids.push(...level);
  }
  return ids;
}

/** With all that pass it on. */
export async function deleteTrust(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('trusts').where('id', '=', id).execute();
}

/** Those of which one of the users is trustor or trustee. */
export async function deleteTrustsOfUsers(tx: Q, userIds: readonly string[]): Promise<void> {
  for (const column of ['trustor_user_id', 'trustee_user_id'] as const)
    await tx
      .deleteFrom('trusts')
      .where(column, 'in', [...userIds])
      .execute();
}

/** One use less, in one statement: of two at the same time for the last one, one is told false. */
export async function takeUse(tx: Q, id: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('trusts')
    .set((eb) => ({ remaining_uses: eb('remaining_uses', '-', 1) }))
    .where('id', '=', id)
    .where('remaining_uses', '>', 0)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

function fromRow(row: TrustRow): Trust {
  return {
    id: row.id,
    trustorId: row.trustor_user_id,
    trusteeId: row.trustee_user_id,
    projectId: row.project_id,
    impersonation: row.impersonation === 1,
    expiresAt: row.expires_at,
    remainingUses: row.remaining_uses,
    redelegatedTrustId: row.redelegated_trust_id,
    redelegationCount: row.redelegation_count,
    extra: JSON.parse(row.extra),
  };
}

function toRow(trust: Trust): TrustRow {
  return {
    id: trust.id,
    trustor_user_id: trust.trustorId,
    trustee_user_id: trust.trusteeId,
    project_id: trust.projectId,
    impersonation: Number(trust.impersonation),
    expires_at: trust.expiresAt,
    remaining_uses: trust.remainingUses,
    redelegated_trust_id: trust.redelegatedTrustId,
    redelegation_count: trust.redelegationCount,
    extra: JSON.stringify(trust.extra),
  };
}
