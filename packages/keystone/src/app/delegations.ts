import type { AccessRule } from '@kumo/core/http';
import type { Role } from '../db/roles.ts';
import type { TokenClaims, TokenScope } from '../tokens/token-claims.ts';

/** What a trust or an application credential gives to a token. */
export interface Delegated {
  /** With what they imply, and only what the owner still has. */
  readonly roles: readonly Role[];
  /** Whose roles they are: the trustor, or the owner of the application credential. */
  readonly ownerId: string;
  /** Whom the token acts as: the trustor of a trust that impersonates, else who logged in. */
  readonly actingUserId: string;
  /** Seconds since the epoch after which it is over. */
  readonly expiresAt?: number;
  readonly trust?: {
    readonly id: string;
    readonly trustorId: string;
    readonly trusteeId: string;
    readonly impersonation: boolean;
  };
  readonly applicationCredential?: {
    readonly id: string;
    readonly name: string;
    readonly restricted: boolean;
    /** None given: everything; an empty list: nothing. */
    readonly accessRules?: readonly (AccessRule & { readonly id: string })[];
  };
}

/** Trusts and application credentials as far as tokens need them. */
export interface Delegations {
  /**
   * For claims with a trust or application credential. Undefined: gone, expired, its owner or trustee disabled, its roles
   * lost. May be asked for every validation: it answers from the versioned cache.
   */
  resolve(claims: TokenClaims): Promise<Delegated | undefined>;
  /**
   * The project of a trust with which a user logs in.
   * @throws unauthorized when there is no such trust (any more), notAllowed when the user is not its trustee.
   */
  scopeOfTrust(trustId: string, userId: string): Promise<TokenScope>;
  /** A token was issued: one use less. @throws unauthorized, notAllowed when no use was left; nothing is given out then. */
  useTrust(trustId: string): Promise<void>;
}
