import type { TrustWithRoles } from '../db/trusts.ts';
import { forbiddenBecause, invalid } from '../errors.ts';

/** How often a new trust may be passed on, as its maker asks for it. */
export interface RedelegationWanted {
  readonly allowRedelegation: boolean;
  readonly redelegationCount?: number | null;
  readonly remainingUses: number | null;
}

/**
 * How often a new trust may be passed on.
 * @param parent the trust that it passes on itself, if it does.
 * @throws invalid, forbiddenBecause
 */
export function redelegationCountOf(
  { allowRedelegation, redelegationCount: asked, remainingUses }: RedelegationWanted,
  parent: TrustWithRoles | undefined,
  max: number,
): number {
  if (!allowRedelegation || asked === 0) return 0;
  if (asked != null && asked > max)
    throw forbiddenBecause({
      message: `Requested redelegation depth of ${asked} is greater than allowed ${max}`,
    });
  if (remainingUses !== null) throw invalid({ message: 'remaining_uses must not be set if redelegation is allowed' });
  if (!parent) return asked ?? max;
  const left = parent.redelegationCount - 1;
  if (asked != null && asked !== left)
    throw forbiddenBecause({
      message: 'Modifying "redelegation_count" upon redelegation is forbidden. Omitting this parameter is advised.',
    });
  return left;
}

/**
 * A trust that passes another one on gives nothing that the other does not, and not for longer.
 * @throws forbiddenBecause
 */
export function requireWithin(parent: TrustWithRoles, child: TrustWithRoles, max: number): void {
  const left = parent.redelegationCount;
  if (left <= 0 || left > max)
    throw forbiddenBecause({ message: `Remaining redelegation depth of ${left} out of allowed range of [0..${max}]` });
  if (child.remainingUses !== null)
    throw forbiddenBecause({
      message: `Field "remaining_uses" is set to ${child.remainingUses} while it must not be set in order to redelegate a trust`,
    });
  if (parent.expiresAt !== null && (child.expiresAt === null || child.expiresAt > parent.expiresAt))
    throw forbiddenBecause({ message: 'Requested expiration time is more than redelegated trust can provide' });
  if (child.projectId !== parent.projectId)
    throw forbiddenBecause({ message: 'A trust is redelegated for its own project only' });
  if (!child.roleIds.every((id) => parent.roleIds.includes(id)))
    throw forbiddenBecause({ message: 'Some of requested roles are not in redelegated trust' });
  if (child.impersonation && !parent.impersonation)
    throw forbiddenBecause({
      message: `Impersonation is not allowed because redelegated trust does not specify impersonation. Redelegated trust id: ${parent.id}`,
    });
}
