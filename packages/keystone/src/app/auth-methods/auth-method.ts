import { invalid } from '../../errors.ts';
import type { TokenClaims, TokenScope } from '../../tokens/token-claims.ts';
import type { LoginClient } from '../login-client.ts';
import type { UserRef } from '../references.ts';

/** What a login shows, one part per method. */
export interface AuthIdentity {
  readonly methods: readonly string[];
  readonly password?: UserRef & { readonly password: string };
  readonly token?: string;
  readonly totp?: UserRef & { readonly passcode: string };
  readonly applicationCredential?: {
    readonly id?: string;
    readonly name?: string;
    readonly user?: UserRef;
    readonly secret: string;
  };
}

/** The result of one authentication method. */
export interface Proven {
  readonly userId: string;
  /** The token that was shown, if one was. */
  readonly from?: TokenClaims;
  /** The token is to have what this application credential gives, and no more. */
  readonly applicationCredentialId?: string;
  /** The method says itself what the token is for; asking for a scope is an error then. */
  readonly scope?: TokenScope;
}

/** What is known of a login besides what it shows. */
export interface LoginContext {
  readonly client: LoginClient;
  /** Whose other factor was proven before, by another method or an earlier login. */
  readonly provenUserId?: string | undefined;
}

/** A way of proving who one is. One class for each, put together in compose.ts. */
export interface AuthMethod {
  /** As in `identity.methods`, and in the configuration's `auth.methods`. */
  readonly name: string;
  /**
   * @throws unauthorized, the same for everything that is wrong; invalid when the method's part of the request is missing
   * or contradicts itself.
   */
  prove(identity: AuthIdentity, context: LoginContext): Promise<Proven>;
}

/** The error for a method that is named without its part of the request. */
export function missingPart(name: string): Error {
  return invalid({
    message:
      `Expecting to find ${name} in identity. The server could not comply with the request since it is either ` +
      'malformed or otherwise incorrect. The client is assumed to be in error.',
  });
}
