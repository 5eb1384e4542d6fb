import type { Context } from '../context/index.ts';
import type { Logger } from '../log/index.ts';
import type { Change } from '../microversion/index.ts';
import type { TrustedProxies } from './client-address.ts';
import type { Envelope } from './envelopes/envelope.ts';
import type { Route } from './route.ts';
import type { VersionDocument } from './version-documents.ts';

/** A request that an application credential may make: `{id}` and `*` match one part of a path, `**` any number. */
export interface AccessRule {
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

/** What a valid token says about its owner. Keystone makes it locally, every other service asks Keystone. */
export interface TokenInfo {
  readonly userId: string;
  readonly userName?: string;
  readonly userDomainId?: string;
  readonly projectId?: string;
  readonly projectName?: string;
  readonly projectDomainId?: string;
  readonly domainId?: string;
  readonly systemScope?: string;
  readonly roles: readonly string[];
  readonly auditIds: readonly string[];
  readonly expiresAt?: string;
  /** Left out: Keystone is not configured to tell projects apart, and every one counts as such. */
  readonly isAdminProject?: boolean;
  /** Of a trust: `userId` is the trustor's when it impersonates, else the trustee's. */
  readonly trustId?: string;
  readonly trustorId?: string;
  readonly trusteeId?: string;
  readonly applicationCredential?: ApplicationCredentialInfo;
}

/** The application credential that a token was made with. */
export interface ApplicationCredentialInfo {
  readonly id: string;
  /** Whether it may not make application credentials and trusts. */
  readonly restricted: boolean;
  /** None given: everything; an empty list: nothing. */
  readonly accessRules?: readonly AccessRule[];
}

export interface TokenChecker {
  /**
   * Undefined: not a valid token. `allowExpired`: a service came along with its own token and finishes what its user began
   * before the user's token ran out. Throws `unavailable` when nobody can say.
   */
  validate(token: string, options?: { allowExpired?: boolean }): Promise<TokenInfo | undefined>;
}

/** What HTTP asks of `PolicySet`. */
export interface PolicyChecker {
  allows(name: string, ctx: Context, target: Readonly<Record<string, unknown>>): boolean;
  /** Throws forbidden. */
  enforce(name: string, ctx: Context, target: Readonly<Record<string, unknown>>): void;
}

/** The microversions of a service. */
export interface AppMicroversions {
  /** The service type in `OpenStack-API-Version: compute 2.60`. */
  readonly header: string;
  /** Taken besides, and sent back: `X-OpenStack-Nova-API-Version`. */
  readonly legacyHeader?: string;
  readonly min: string;
  readonly max: string;
  readonly changes: readonly Change[];
}

export interface AppOptions {
  /** The daemon, e.g. `cinder-api`: names spans and log lines. */
  readonly service: string;
  /**
   * The service type of the catalog, e.g. `volumev3`; title of the OpenAPI document. Access rules name it: without it
   * tokens that have some are refused.
   */
  readonly type?: string;
  readonly routes: readonly Route[];
  readonly envelope: Envelope;
  /** Discovery documents of the common shape; a service with a shape of its own gives plain routes. */
  readonly versions?: readonly VersionDocument[];
  /** Status of `GET /` when `versions` is given: 300 for Keystone, Cinder and Glance. Default 200. */
  readonly versionsStatus?: 200 | 300;
  readonly microversions?: AppMicroversions;
  /** Null: every operation is public (metadata service, fixtures). */
  readonly tokens: TokenChecker | null;
  readonly policies: PolicyChecker;
  readonly log: Logger;
  /** Keystone's public URL, for `WWW-Authenticate: Keystone uri="…"`. */
  readonly authUri?: string;
  /**
   * What links begin with. A URL: always this. `'host'` (default): the Host header. `'forwarded'`: X-Forwarded-Proto,
   * -Host and -Prefix first; only behind a proxy that sets them.
   */
  readonly baseUrl?: string | 'host' | 'forwarded';
  /** Who is believed about the client's address. Left out: nobody, a client is its socket's peer. */
  readonly proxies?: TrustedProxies;
  /** Response headers that carry the request id besides `x-openstack-request-id`, e.g. `x-compute-request-id`. */
  readonly requestIdHeaders?: readonly string[];
  /** Status for a body of another type than JSON. Default 415. */
  readonly wrongContentType?: 400 | 415;
  /** Which value counts of a query parameter that is repeated and no list: the first for Keystone. Default the last. */
  readonly repeatedParameter?: 'first' | 'last';
  /** Prometheus text for `GET /metrics`. */
  readonly metrics?: () => Promise<string>;
  /** Told of every finished request. */
  readonly observe?: (operation: string, status: number, seconds: number) => void;
  /** Bound of parsed bodies. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Replies are checked against their schemas, a mismatch is a 500: for tests. Default false. */
  readonly checkReplies?: boolean;
}
