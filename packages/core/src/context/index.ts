/**
 * Who asks, for what, and under which request.
 */

/** Who asks, for what, and under which request: made by `core/http` for every request, carried through RPC and flows. */
export interface Context {
  readonly requestId: string;
  readonly globalRequestId?: string;
  readonly userId: string;
  readonly userName?: string;
  readonly userDomainId?: string;
  /** Undefined for domain, system and unscoped tokens. */
  readonly projectId?: string;
  readonly projectName?: string;
  readonly projectDomainId?: string;
  readonly domainId?: string;
  /** `all` for a system token. */
  readonly systemScope?: string;
  readonly roles: readonly string[];
  /** Roles of the X-Service-Token, when one came along and was valid. */
  readonly serviceRoles: readonly string[];
  readonly auditIds: readonly string[];
  readonly tokenExpiresAt?: string;
  /** False: Keystone is configured with an admin project, and the token is not of that one. */
  readonly isAdminProject?: boolean;
  /** The token's trust: `userId` is the trustor's when it impersonates, else the trustee's. */
  readonly trustId?: string;
  readonly trustorId?: string;
  readonly trusteeId?: string;
  /** The token's application credential; `restricted`: it may not make further credentials and trusts. */
  readonly applicationCredential?: {
    readonly id: string;
    readonly restricted: boolean;
    /** Kept by core/http; here to tell that there are some. */
    readonly accessRules?: readonly { readonly service: string; readonly method: string; readonly path: string }[];
  };
  /** The user's token as it came in, for calls on the user's behalf. Never logged, never stored. */
  readonly token?: string;
  /** The microversion asked for, for services that have them. */
  readonly version?: Microversion;
  /** 'System' reads of the caller's own service user or a daemon's internal work. */
  readonly isAdminContext?: boolean;
}

export interface Microversion {
  readonly major: number;
  readonly minor: number;
}

/** A context without a user, for what a daemon does on its own account. */
export function internalContext(requestId: string): Context {
  return {
    requestId,
    userId: 'internal',
    roles: ['admin'],
    serviceRoles: ['service'],
    auditIds: [],
    isAdminContext: true,
  };
}
