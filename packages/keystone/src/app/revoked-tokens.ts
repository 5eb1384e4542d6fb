import { randomUUID } from 'node:crypto';
import { type Db, nowIso, type Page, toIso } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import { REVOCATIONS_TAG } from '../db/change-tags.ts';
import type { Changes } from '../db/changes.ts';
import {
  deleteRevocationsBefore,
  insertRevocations,
  listRevocations,
  type Revocation,
  revocationsSince,
} from '../db/revocations.ts';
import type { KeystoneTables } from '../db/schema.ts';
import type { TokenClaims } from '../tokens/token-claims.ts';
import type { VersionedCache } from './versioned-cache.ts';

/** What a revocation may be about, one of them. */
export type RevokedThing = Pick<
  Revocation,
  'auditId' | 'auditChainId' | 'userId' | 'projectId' | 'domainId' | 'trustId' | 'roleId'
>;

/** What of a token revocations are compared with. */
export interface Revocable {
  readonly claims: TokenClaims;
  /** Everybody in it: who logged in, whom it acts as, whose roles it has. */
  readonly userIds: readonly string[];
  /** Of its user and its scope. */
  readonly domainIds: readonly string[];
  readonly roleIds: readonly string[];
}

/** For clocks of other processes that are behind, and transactions that took long. */
const OVERLAP_MS = 60_000;
const WHOLE_AGAIN_MS = 600_000;

/** Which tokens are no longer valid although their time is not over. */
export class RevokedTokens {
  readonly #db: Db<KeystoneTables>;
  readonly #cache: VersionedCache;
  readonly #changes: Changes;
  readonly #keepMs: number;
  #latest = new Map<string, number>();
  #wholeAt = Number.NEGATIVE_INFINITY;
  #readAt = 0;

  constructor(parts: {
    db: Db<KeystoneTables>;
    cache: VersionedCache;
    changes: Changes;
    /** After so long no token that a revocation could be about is accepted anyhow. */
    keepSeconds: number;
  }) {
    this.#db = parts.db;
    this.#cache = parts.cache;
    this.#changes = parts.changes;
    this.#keepMs = parts.keepSeconds * 1000;
  }

  async isRevoked(token: Revocable): Promise<boolean> {
    return token.claims.issuedAt <= (await this.latest(token));
  }

  /** Those made after a time, oldest first. */
  list(options: Parameters<typeof listRevocations>[1]): Promise<Page<Revocation>> {
    return listRevocations(this.#db.q, options);
  }

  /** Revokes what was issued up to now. In the transaction of the change that is its reason. */
  revoke(tx: Transaction<KeystoneTables>, thing: RevokedThing): Promise<void> {
    return this.revokeAll(tx, [thing]);
  }

  async revokeAll(tx: Transaction<KeystoneTables>, things: readonly RevokedThing[]): Promise<void> {
    this.#changes.touch(tx, REVOCATIONS_TAG);
    const now = Date.now();
    await deleteRevocationsBefore(tx, toIso(now - this.#keepMs));
    const revocations = things.map((thing) => ({
      id: randomUUID(),
      ...thing,
      issuedBefore: thing.auditId === undefined ? Math.floor(now / 1000) : Number.MAX_SAFE_INTEGER,
      revokedAt: nowIso(),
    }));
    await insertRevocations(tx, revocations);
  }

  /** The last second of the tokens like this one that are revoked; -Infinity when none is. */
  async latest({ claims, userIds, domainIds, roleIds }: Revocable): Promise<number> {
    const latest = await this.#cache.get('revocations', () => this.#read(), [REVOCATIONS_TAG]);
    const { scope, auditIds, trustId } = claims;
    const keys = [`audit ${auditIds[0]}`, `chain ${auditIds.at(-1)}`];
    for (const id of userIds) keys.push(`user ${id}`);
    for (const id of domainIds) keys.push(`domain ${id}`);
    for (const id of roleIds) keys.push(`role ${id}`);
    if (scope.kind === 'project') keys.push(`project ${scope.projectId}`);
    if (trustId !== undefined) keys.push(`trust ${trustId}`);
    return Math.max(...keys.map((key) => latest.get(key) ?? Number.NEGATIVE_INFINITY));
  }

  /** All of them now and then, else what came since the last time. */
  async #read(): Promise<ReadonlyMap<string, number>> {
    const now = Date.now();
    const isWhole = now - this.#wholeAt > WHOLE_AGAIN_MS;
    const since = isWhole ? now - this.#keepMs : this.#readAt - OVERLAP_MS;
    const revocations = await revocationsSince(this.#db.q, toIso(since));
    const latest = isWhole ? new Map<string, number>() : this.#latest;
    for (const one of revocations) {
      const key = keyOf(one);
      latest.set(key, Math.max(latest.get(key) ?? 0, one.issuedBefore));
    }
    if (isWhole) this.#wholeAt = now;
    this.#latest = latest;
    this.#readAt = now;
    return latest;
  }
}

/** Each revocation of ours is about one thing. */
function keyOf(one: RevokedThing): string {
  if (one.auditId !== undefined) return `audit ${one.auditId}`;
  if (one.auditChainId !== undefined) return `chain ${one.auditChainId}`;
  if (one.userId !== undefined) return `user ${one.userId}`;
  if (one.projectId !== undefined) return `project ${one.projectId}`;
  if (one.trustId !== undefined) return `trust ${one.trustId}`;
  if (one.roleId !== undefined) return `role ${one.roleId}`;
  return `domain ${one.domainId}`;
}
