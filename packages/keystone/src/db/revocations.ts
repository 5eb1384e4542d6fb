import { type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { RevocationRow } from './schema-tokens.ts';

type Q = Kysely<KeystoneTables>;

/** Ten columns each, of 999 parameters that every SQLite takes. */
const ROWS_AT_ONCE = 90;

/** Revokes the tokens for which all that is given is true, if issued up to a second. */
export interface Revocation {
  readonly id: string;
  readonly auditId?: string;
  readonly auditChainId?: string;
  readonly userId?: string;
  readonly projectId?: string;
  readonly domainId?: string;
  readonly trustId?: string;
  /** Only tokens that carry this role. */
  readonly roleId?: string;
  /** Seconds since the epoch. */
  readonly issuedBefore: number;
  readonly revokedAt: string;
}

/** Those made at a time or later. */
export async function revocationsSince(q: Q, time: string): Promise<Revocation[]> {
  const rows = await q.selectFrom('revocations').selectAll().where('revoked_at', '>=', time).execute();
  return rows.map(fromRow);
}

/** Those made after a time, or all, oldest first. */
export async function listRevocations(
  q: Q,
  { after, ...options }: Pick<PageOptions, 'limit' | 'marker' | 'unknownMarker'> & { after?: string },
): Promise<Page<Revocation>> {
  const all = q.selectFrom('revocations').selectAll();
  const { rows, hasMore } = await pageQuery(after === undefined ? all : all.where('revoked_at', '>', after), {
    ...options,
    sorts: [{ column: 'revoked_at', nullable: false }],
  });
  return { rows: rows.map(fromRow), hasMore };
}

/** In statements of a bounded size. */
export async function insertRevocations(tx: Q, revocations: readonly Revocation[]): Promise<void> {
  for (let at = 0; at < revocations.length; at += ROWS_AT_ONCE) {
    const rows = revocations.slice(at, at + ROWS_AT_ONCE).map(toRow);
    await tx.insertInto('revocations').values(rows).execute();
  }
}

/** Those that no token can be old enough for any more. */
export async function deleteRevocationsBefore(tx: Q, time: string): Promise<void> {
  await tx.deleteFrom('revocations').where('revoked_at', '<', time).execute();
}

function fromRow(row: RevocationRow): Revocation {
  return {
    id: row.id,
    auditId: row.audit_id ?? undefined,
    auditChainId: row.audit_chain_id ?? undefined,
    userId: row.user_id ?? undefined,
    projectId: row.project_id ?? undefined,
    domainId: row.domain_id ?? undefined,
    trustId: row.trust_id ?? undefined,
    roleId: row.role_id ?? undefined,
    issuedBefore: row.issued_before,
    revokedAt: row.revoked_at,
  };
}

function toRow(revocation: Revocation): RevocationRow {
  return {
    id: revocation.id,
    audit_id: revocation.auditId ?? null,
    audit_chain_id: revocation.auditChainId ?? null,
    user_id: revocation.userId ?? null,
    project_id: revocation.projectId ?? null,
    domain_id: revocation.domainId ?? null,
    trust_id: revocation.trustId ?? null,
    role_id: revocation.roleId ?? null,
    issued_before: revocation.issuedBefore,
    revoked_at: revocation.revokedAt,
  };
}
