import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { NewTrust } from '../../app/trusts.ts';
import type { Role } from '../../db/roles.ts';
import type { Trust } from '../../db/trusts.ts';
import type { ListedTrust, TrustBody, TrustCreate } from '../trusts.ts';
import { roleToWire } from './roles.ts';

type Base = Pick<RequestFacts, 'baseUrl'>;

/** A trust in a list: without its roles. */
export function listedTrustToWire(trust: Trust, { baseUrl }: Base): ListedTrust {
  return {
    ...trust.extra,
    id: trust.id,
    trustor_user_id: trust.trustorId,
    trustee_user_id: trust.trusteeId,
    project_id: trust.projectId,
    impersonation: trust.impersonation,
    // Keystone prints them to the second.
    expires_at: trust.expiresAt === null ? null : `${trust.expiresAt.slice(0, 19)}.000000Z`,
    remaining_uses: trust.remainingUses,
    redelegated_trust_id: trust.redelegatedTrustId,
    redelegation_count: trust.redelegationCount,
    deleted_at: null,
    links: { self: flatText`${baseUrl}/v3/OS-TRUST/trusts/${trust.id}` },
  };
}

export function trustToWire(trust: Trust, roles: readonly Role[], request: Base): TrustBody {
  return {
    ...listedTrustToWire(trust, request),
    roles: roles.map((role) => roleToWire(role, request)),
    roles_links: roleLinks(trust, request),
  };
}

export function roleLinks({ id }: Trust, { baseUrl }: Base) {
  return { self: flatText`${baseUrl}/v3/OS-TRUST/trusts/${id}/roles`, next: null, previous: null };
}

const OURS = new Set([
  ...['id', 'links', 'roles', 'roles_links', 'trustor_user_id', 'trustee_user_id', 'impersonation', 'project_id'],
  ...['expires_at', 'deleted_at', 'remaining_uses', 'allow_redelegation', 'redelegation_count', 'redelegated_trust_id'],
]);

/** Which trust it passes on is not for the client to say. */
export function trustFromWire(wanted: Static<typeof TrustCreate>): NewTrust {
  return {
    trustorId: wanted.trustor_user_id,
    trusteeId: wanted.trustee_user_id,
    projectId: wanted.project_id ?? null,
    impersonation: wanted.impersonation,
    roles: wanted.roles ?? [],
    expiresAt: wanted.expires_at,
    remainingUses: wanted.remaining_uses ?? null,
    allowRedelegation: wanted.allow_redelegation ?? false,
    redelegationCount: wanted.redelegation_count,
    extra: Object.fromEntries(Object.entries(wanted).filter(([key]) => !OURS.has(key))),
  };
}

/** What policies read as `%(target.trust.trustor_user_id)s`. */
export function trustTarget({
  trustorId,
  trusteeId,
}: {
  trustorId?: string | undefined;
  trusteeId?: string | undefined;
}) {
  return { target: { trust: { trustor_user_id: trustorId, trustee_user_id: trusteeId } } };
}
