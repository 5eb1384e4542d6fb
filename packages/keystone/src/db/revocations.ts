import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';

type Q = Kysely<KeystoneTables>;

/** Revokes the tokens for which all that is given is true, if issued up to a second. */
export interface Revocation {
  readonly id: string;
  readonly auditId?: string;
  readonly auditChainId?: string;
  readonly userId?: string;
  readonly projectId?: string;
  readonly domainId?: string;
  /** Seconds since the epoch. */
  readonly issuedBefore: number;
  readonly revokedAt: string;
}

/** Those made at a time or later. */
export async function revocationsSince(q: Q, time: string): Promise<Revocation[]> {
  const rows = await q.selectFrom('revocations').selectAll().where('revoked_at', '>=', time).execute();
  return rows.map((row) => ({
    id: row.id,
    auditId: row.audit_id ?? undefined,
    auditChainId: row.audit_chain_id ?? undefined,
    userId: row.user_id ?? undefined,
    projectId: row.project_id ?? undefined,
    domainId: row.domain_id ?? undefined,
    issuedBefore: row.issued_before,
    revokedAt: row.revoked_at,
  }));
}

export async function insertRevocation(tx: Q, revocation: Revocation): Promise<void> {
  await tx
    .insertInto('revocations')
    .values({
      id: revocation.id,
      audit_id: revocation.auditId ?? null,
      audit_chain_id: revocation.auditChainId ?? null,
      user_id: revocation.userId ?? null,
      project_id: revocation.projectId ?? null,
      domain_id: revocation.domainId ?? null,
      issued_before: revocation.issuedBefore,
      revoked_at: revocation.revokedAt,
    })
    .execute();
}

/** Those that no token can be old enough for any more. */
export async function deleteRevocationsBefore(tx: Q, time: string): Promise<void> {
  await tx.deleteFrom('revocations').where('revoked_at', '<', time).execute();
}
