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

/** Each revocation of ours is about one of them: the first that it names. */
const THINGS = ['auditId', 'auditChainId', 'userId', 'projectId', 'trustId', 'roleId', 'domainId'] as const;

/** Whom and what of a token revocations may be about, beside what its claims say. */
export interface RevocableParties {
  /** Everybody in it: who logged in, whom it acts as, whose roles it has. */
  readonly userIds: readonly string[];
  /** Of its user and its scope. */
  readonly domainIds: readonly string[];
  readonly roleIds: readonly string[];
}

/** The last second that is revoked, by what revocations are about and its id. */
type Latest = Readonly<Record<keyof RevokedThing, Map<string, number>>>;

/** For clocks of other processes that are behind, and transactions that took long. */
const OVERLAP_MS = 60_000;
const WHOLE_AGAIN_MS = 600_000;

/** Which tokens are no longer valid although their time is not over. */
export class RevokedTokens {
  readonly #db: Db<KeystoneTables>;
  readonly #cache: VersionedCache;
  readonly #changes: Changes;
  readonly #keepMs: number;
  #latest = nothingRevoked();
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

  async isRevoked(claims: TokenClaims, parties: RevocableParties): Promise<boolean> {
    return claims.issuedAt <= (await this.latest(claims, parties));
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
  async latest(claims: TokenClaims, { userIds, domainIds, roleIds }: RevocableParties): Promise<number> {
    const latest = await this.#cache.get('revocations', () => this.#read(), [REVOCATIONS_TAG]);
    const { scope, auditIds, trustId } = claims;
    let second = Math.max(
      secondOf(latest.auditId, auditIds[0]),
      secondOf(latest.auditChainId, auditIds.at(-1)),
      secondOf(latest.projectId, scope.kind === 'project' ? scope.projectId : undefined),
      secondOf(latest.trustId, trustId),
    );
    for (const id of userIds) second = Math.max(second, secondOf(latest.userId, id));
    for (const id of domainIds) second = Math.max(second, secondOf(latest.domainId, id));
    for (const id of roleIds) second = Math.max(second, secondOf(latest.roleId, id));
    return second;
  }

  /** All of them now and then, else what came since the last time. */
  async #read(): Promise<Latest> {
    const now = Date.now();
    const isWhole = now - this.#wholeAt > WHOLE_AGAIN_MS;
    const since = isWhole ? now - this.#keepMs : this.#readAt - OVERLAP_MS;
    const revocations = await revocationsSince(this.#db.q, toIso(since));
    const latest = isWhole ? nothingRevoked() : this.#latest;
    for (const one of revocations) {
      const about = THINGS.find((thing) => one[thing] !== undefined);
      if (about === undefined) continue;
      const id = one[about] as string;
      latest[about].set(id, Math.max(latest[about].get(id) ?? 0, one.issuedBefore));
    }
    if (isWhole) this.#wholeAt = now;
    this.#latest = latest;
    this.#readAt = now;
    return latest;
  }
}

function nothingRevoked(): Latest {
  return Object.fromEntries(THINGS.map((about) => [about, new Map()])) as Latest;
}

function secondOf(latest: ReadonlyMap<string, number>, id: string | undefined): number {
  return (id === undefined ? undefined : latest.get(id)) ?? Number.NEGATIVE_INFINITY;
}
