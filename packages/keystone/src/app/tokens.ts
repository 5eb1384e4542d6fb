import { setTimeout as sleep } from 'node:timers/promises';
import { unauthorized } from '@kumo/core/errors';
import type { TokenChecker, TokenInfo } from '@kumo/core/http';
import type { Changes } from '../db/changes.ts';
import { tokenNotFound } from '../errors.ts';
import type { FernetKeyring } from '../tokens/fernet-keyring.ts';
import { publicRandom } from '../tokens/random-pool.ts';
import { type TokenClaims, type TokenScope, tokenTime } from '../tokens/token-claims.ts';
import { packClaims, unpackClaims } from '../tokens/token-payload.ts';
import { KnownClaims } from './known-claims.ts';
import type { RevokedTokens } from './revoked-tokens.ts';
import type { Standing, Standings } from './standings.ts';

const LONGEST_TOKEN = 4096;

/** A valid token with what it stands for now. */
export interface Token extends Standing {
  readonly claims: TokenClaims;
  /** The part of it that it shares with others. */
  readonly standing: Standing;
  readonly info: TokenInfo;
}

export interface TokenTimes {
  readonly expirationSeconds: number;
  readonly allowExpiredWindowSeconds: number;
}

interface TokenParts {
  /** The configured login methods; their places are bits in tokens. */
  readonly authMethods: readonly string[];
  readonly standings: Standings;
  readonly changes: Changes;
  readonly keys: FernetKeyring;
  readonly revoked: RevokedTokens;
  readonly times: TokenTimes;
}

/** Makes, reads and revokes Fernet tokens. Nothing is stored for a token but that it was revoked. */
export class Tokens implements TokenChecker {
  readonly #parts: TokenParts;
  readonly #known = new KnownClaims();

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /** Who the bearer is, for this service's own requests. Undefined: not a valid token. */
  async validate(token: string, options: { allowExpired?: boolean } = {}): Promise<TokenInfo | undefined> {
    return (await this.find(token, options))?.info;
  }

  /** Undefined for what is not a token of ours, has run out, was revoked, or whose user, scope or roles are gone. */
  async find(token: string, options: { allowExpired?: boolean } = {}): Promise<Token | undefined> {
    if (token.length > LONGEST_TOKEN) return undefined;
    const { revoked, times, standings } = this.#parts;
    const claims = await this.#claimsOf(token);
    const standing = claims && (await standings.find(claims));
    if (!standing) return undefined;
    const grace = options.allowExpired ? times.allowExpiredWindowSeconds : 0;
    if (Date.now() / 1000 >= endOf(claims, standing) + grace) return undefined;
    return (await revoked.isRevoked(claims, standing.parties)) ? undefined : tokenOf(claims, standing);
  }

  /** @throws tokenNotFound */
  async get(token: string, options: { allowExpired?: boolean } = {}): Promise<Token> {
    const found = await this.find(token, options);
    if (!found) throw tokenNotFound();
    return found;
  }

  /**
   * A new token. Made `from` another one it ends when that one does, and belongs to its chain.
   * @throws unauthorized when the user may not have a token for this scope.
   */
  async issue(wanted: {
    userId: string;
    methods: readonly string[];
    scope: TokenScope;
    from?: TokenClaims;
    trustId?: string;
    applicationCredentialId?: string;
  }): Promise<{ text: string; token: Token }> {
    const { userId, scope, from, methods, trustId, applicationCredentialId } = wanted;
    const { times, keys, authMethods, standings } = this.#parts;
    const own = publicRandom(16).toString('base64url');
    const chain = from?.auditIds.at(-1);
    const now = Math.floor(Date.now() / 1000);
    const claims: TokenClaims = {
      userId,
      scope,
      ...(trustId === undefined ? {} : { trustId }),
      ...(applicationCredentialId === undefined ? {} : { applicationCredentialId }),
      methods: inOrder(methods, authMethods),
      issuedAt: now,
      expiresAt: from?.expiresAt ?? now + times.expirationSeconds,
      auditIds: chain === undefined ? [own] : [own, chain],
    };
    const standing = await standings.find(claims);
    if (!standing) throw unauthorized();
    const issuedAt = await this.#secondFor(claims, standing);
    // No token outlives what it was delegated with (OSSA CVE-2022-2447).
    const dated = { ...claims, issuedAt, expiresAt: endOf(claims, standing) };
    await keys.fresh();
    return { text: keys.encrypt(packClaims(dated, authMethods), issuedAt), token: tokenOf(dated, standing) };
  }

  /** @throws tokenNotFound when it is not valid (any more). */
  async revoke(token: string): Promise<void> {
    const { claims } = await this.get(token);
    const { changes, revoked } = this.#parts;
    // `revoke` says itself what it touches.
    await changes.write((tx) => revoked.revoke(tx, { auditId: claims.auditIds[0] }), []);
  }

  /**
   * The present second. A token says no more than that, and a revocation hits what was issued in its second: after a
   * change of password a login waits for the next one.
   */
  async #secondFor(claims: TokenClaims, { parties }: Standing): Promise<number> {
    for (;;) {
      const latest = await this.#parts.revoked.latest(claims, parties);
      const nowMs = Date.now();
      if (nowMs / 1000 >= latest + 1) return Math.floor(nowMs / 1000);
      await sleep((latest + 1) * 1000 - nowMs);
    }
  }

  async #claimsOf(token: string): Promise<TokenClaims | undefined> {
    const { keys, authMethods } = this.#parts;
    await keys.fresh();
    const known = this.#known.find(token, keys.generation);
    if (known) return known;
    const opened = await keys.decrypt(token);
    const packed = opened && unpackClaims(opened.plain, authMethods);
    if (!opened || !packed) return undefined;
    const claims = { ...packed, issuedAt: opened.seconds };
    this.#known.add(token, claims, keys.generation);
    return claims;
  }
}

/** As they are read from a token again: the last configured first. */
function inOrder(methods: readonly string[], configured: readonly string[]): string[] {
  return [...new Set(methods)].toSorted((a, b) => configured.indexOf(b) - configured.indexOf(a));
}

/** Seconds since the epoch. */
function endOf({ expiresAt }: TokenClaims, { delegated }: Standing): number {
  return Math.min(expiresAt, delegated?.expiresAt ?? Number.POSITIVE_INFINITY);
}

function tokenOf(claims: TokenClaims, standing: Standing): Token {
  const info = { ...standing.bearer, auditIds: claims.auditIds, expiresAt: tokenTime(claims.expiresAt) };
  return { ...standing, claims, standing, info };
}
