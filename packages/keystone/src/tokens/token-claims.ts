/** What a token is for. */
export type TokenScope =
  | { readonly kind: 'unscoped' }
  | { readonly kind: 'project'; readonly projectId: string }
  | { readonly kind: 'domain'; readonly domainId: string }
  | { readonly kind: 'system' };

/** What a token itself says; all else about its user is looked up when it is validated. */
export interface TokenClaims {
  /** Who logged in: of a trust, the trustee. */
  readonly userId: string;
  /** How its user proved who they are: `password`, `token`. */
  readonly methods: readonly string[];
  /** Of a trust or an application credential: its project. */
  readonly scope: TokenScope;
  /** Its roles are those of a trust. Never together with `applicationCredentialId`. */
  readonly trustId?: string;
  /** Its roles are those of an application credential. */
  readonly applicationCredentialId?: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** Its own, and, when it was made from another token, that of the first of the chain. */
  readonly auditIds: readonly string[];
}

const MAX_PRINTED = 10_000;
const printed = new Map<number, string>();

/** A time as tokens print it: `2026-11-22T15:00:00.000000Z`. The tokens of a moment have few different ones. */
export function tokenTime(seconds: number): string {
  const known = printed.get(seconds);
  if (known !== undefined) return known;
  const text = `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}.000000Z`;
  if (printed.size >= MAX_PRINTED) printed.clear();
  printed.set(seconds, text);
  return text;
}
