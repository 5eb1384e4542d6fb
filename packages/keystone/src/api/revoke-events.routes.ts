import { fromIso, toIso } from '@kumo/core/db';
import { implement, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { RevokedTokens } from '../app/revoked-tokens.ts';
import type { Revocation } from '../db/revocations.ts';
import { invalid } from '../errors.ts';
import { tokenTime } from '../tokens/token-claims.ts';
import { listRevokeEvents, type RevokeEventBody } from './revoke-events.ts';
import { pageLinks } from './wire/lists.ts';

export function revokeEventRoutes({ revoked, listLimit }: { revoked: RevokedTokens; listLimit: number }): Route[] {
  return [
    implement(listRevokeEvents, async ({ query, request }) => {
      const { since, marker, limit = listLimit } = query;
      const found = await revoked.list({
        after: since === undefined ? undefined : timeOf(since),
        marker,
        limit: Math.min(limit, listLimit),
        unknownMarker: () => invalid({ message: 'The marker is not in the list.' }),
      });
      return { events: found.rows.map(eventToWire), links: pageLinks(request, found) };
    }),
  ];
}

function timeOf(since: string): string {
  const time = /^\d{4}-\d\d-\d\d/.test(since) ? fromIso(since) : Number.NaN;
  if (Number.isNaN(time)) throw invalid({ message: `invalidate date format ${since}` });
  return toIso(time);
}

function eventToWire(one: Revocation): Static<typeof RevokeEventBody> {
  const revokedAt = `${one.revokedAt}Z`;
  return {
    ...(one.userId && { user_id: one.userId }),
    ...(one.roleId && { role_id: one.roleId }),
    ...(one.domainId && { domain_id: one.domainId }),
    ...(one.projectId && { project_id: one.projectId }),
    ...(one.auditId && { audit_id: one.auditId }),
    ...(one.auditChainId && { audit_chain_id: one.auditChainId }),
    ...(one.trustId && { 'OS-TRUST:trust_id': one.trustId }),
    // A single token is revoked whenever it was issued.
    issued_before: one.auditId === undefined ? tokenTime(one.issuedBefore) : revokedAt,
    revoked_at: revokedAt,
  };
}
