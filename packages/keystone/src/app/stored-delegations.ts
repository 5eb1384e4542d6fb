import type { Db } from '@kumo/core/db';
import { unauthorized } from '@kumo/core/errors';
import {
  type ApplicationCredential,
  applicationCredentialTag,
  findApplicationCredential,
} from '../db/application-credentials.ts';
import type { Changes } from '../db/changes.ts';
import type { Role } from '../db/roles.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { findTrust, type TrustWithRoles, takeUse, trustTag } from '../db/trusts.ts';
import { notAllowed } from '../errors.ts';
import type { TokenClaims, TokenScope } from '../tokens/token-claims.ts';
import type { Access } from './access.ts';
import type { Delegated, Delegations } from './delegations.ts';
import { isOver, secondsOf } from './expiry.ts';
import type { VersionedCache } from './versioned-cache.ts';

interface DelegationParts {
  readonly db: Db<KeystoneTables>;
  readonly cache: VersionedCache;
  readonly changes: Changes;
  readonly access: Access;
}

/** What a trust gives now, or why it gives nothing. */
type Standing =
  | { readonly roles: readonly Role[]; readonly ownerId: string; readonly expiresAt: string | null }
  | { readonly refusal: string };

/** Trusts and application credentials of the database, as tokens need them. */
export class StoredDelegations implements Delegations {
  readonly #parts: DelegationParts;

  constructor(parts: DelegationParts) {
    this.#parts = parts;
  }

  /** Whether it is over is for the asker to compare at each use: `expiresAt`. */
  async resolve({ trustId, applicationCredentialId, userId, scope }: TokenClaims): Promise<Delegated | undefined> {
    if (scope.kind !== 'project') return undefined;
    if (trustId !== undefined) return this.#ofTrust(trustId, userId, scope.projectId);
    if (applicationCredentialId === undefined) return undefined;
    return this.#ofApplicationCredential(applicationCredentialId, userId, scope.projectId);
  }

  async scopeOfTrust(trustId: string, userId: string): Promise<TokenScope> {
    const trust = await findTrust(this.#parts.db.q, trustId);
    if (!trust || trust.projectId === null || trust.remainingUses === 0 || isOver(trust.expiresAt))
      throw unauthorized();
    if (trust.trusteeId !== userId) throw notAllowed({ message: 'User is not a trustee.' });
    const standing = await this.#standing(trust);
    if ('refusal' in standing) throw notAllowed({ message: standing.refusal });
    return { kind: 'project', projectId: trust.projectId };
  }

  async useTrust(trustId: string): Promise<void> {
    const trust = await this.#trust(trustId);
    if (!trust) throw unauthorized();
    // Whether uses are counted never changes; how many are left only the database knows.
    if (trust.remainingUses === null) return;
    if (!(await this.#parts.changes.write((tx) => takeUse(tx, trustId), []))) throw unauthorized();
  }

  /** As it was made; also when it has expired or is used up: the token of its last use is valid to its end. */
  #trust(id: string): Promise<TrustWithRoles | undefined> {
    return this.#parts.cache.get(`trust ${id}`, () => findTrust(this.#parts.db.q, id), [trustTag(id)]);
  }

  async #ofTrust(id: string, userId: string, projectId: string): Promise<Delegated | undefined> {
    const { cache } = this.#parts;
    const load = async (): Promise<Delegated | undefined> => {
      const trust = await this.#trust(id);
      if (!trust || trust.trusteeId !== userId || trust.projectId !== projectId) return undefined;
      const standing = await this.#standing(trust);
      if ('refusal' in standing) return undefined;
      const { trustorId, trusteeId, impersonation } = trust;
      return {
        roles: standing.roles,
        ownerId: standing.ownerId,
        actingUserId: impersonation ? trustorId : trusteeId,
        expiresAt: secondsOf(standing.expiresAt),
        trust: { id, trustorId, trusteeId, impersonation },
      };
    };
    return cache.get(`by trust ${id} ${userId} ${projectId}`, load, [trustTag(id)]);
  }

  /**
   * Everybody on the way from the first trustor must still be there, and the trustors must still have every role: a trust is
   * whole or nothing.
   */
  async #standing(trust: TrustWithRoles): Promise<Standing> {
    let first = trust;
    let { expiresAt } = trust;
    if (!(await this.#isEnabled(trust.trustorId))) return { refusal: 'Trustor is disabled.' };
    while (first.redelegatedTrustId !== null) {
      const parent = await this.#trust(first.redelegatedTrustId);
      if (!parent || !(await this.#isEnabled(parent.trusteeId)))
        return { refusal: 'One of the trust agents is disabled or deleted.' };
      if (parent.expiresAt !== null && (expiresAt === null || parent.expiresAt < expiresAt))
        expiresAt = parent.expiresAt;
      first = parent;
    }
    const roles = await this.#rolesLeft(trust, new Set([first.trustorId, trust.trustorId]));
    if (!roles) return { refusal: 'Trustee has no delegated roles.' };
    return { roles, ownerId: first.trustorId, expiresAt };
  }

  /** Undefined when one of the trustors (the first, and the one who passed it on last) has lost one. */
  async #rolesLeft(
    { roleIds, projectId }: TrustWithRoles,
    trustorIds: ReadonlySet<string>,
  ): Promise<Role[] | undefined> {
    const { access } = this.#parts;
    if (projectId === null) return undefined;
    const table = await access.roleTable();
    const roles = table.effective(roleIds);
    if (roles.length === 0 || !roleIds.every((id) => table.roles.has(id))) return undefined;
    for (const trustorId of trustorIds) {
      const held = new Set((await access.roles(trustorId, { kind: 'project', projectId })).map((role) => role.id));
      if (!roles.every((role) => held.has(role.id))) return undefined;
    }
    return roles;
  }

  async #ofApplicationCredential(id: string, userId: string, projectId: string): Promise<Delegated | undefined> {
    const { cache, db, access } = this.#parts;
    const load = async (): Promise<Delegated | undefined> => {
      const credential = await findApplicationCredential(db.q, id);
      if (credential?.userId !== userId || credential.projectId !== projectId) return undefined;
      const held = await access.roles(userId, { kind: 'project', projectId });
      const roles = held.filter((role) => credential.roleIds.includes(role.id));
      return roles.length === 0 ? undefined : delegatedBy(credential, roles);
    };
    const key = `by application credential ${id} ${userId} ${projectId}`;
    return cache.get(key, load, [applicationCredentialTag(id)]);
  }

  async #isEnabled(userId: string): Promise<boolean> {
    const identity = await this.#parts.access.identity(userId);
    return identity?.user.enabled === true && identity.domain.enabled;
  }
}

function delegatedBy(credential: ApplicationCredential, roles: readonly Role[]): Delegated {
  const { id, name, userId, unrestricted, accessRules } = credential;
  const rules = accessRules.map((rule) => ({
    id: rule.id,
    service: rule.service,
    method: rule.method,
    path: rule.path,
  }));
  return {
    roles,
    ownerId: userId,
    actingUserId: userId,
    expiresAt: secondsOf(credential.expiresAt),
    applicationCredential: {
      id,
      name,
      restricted: !unrestricted,
      ...(rules.length > 0 ? { accessRules: rules } : {}),
    },
  };
}
