import type { Kysely, Transaction } from 'kysely';
import { type Db, forUpdate, insertIgnore, upsert } from '../db/index.ts';
import type { KumoError } from '../errors/index.ts';
import type { QuotaTables } from './tables.ts';

export interface QuotaExcess {
  resource: string;
  limit: number;
  used: number;
  requested: number;
}

export interface QuotaOptions<Resource extends string> {
  /** The resources that are counted, with their default limits; -1 is unlimited. */
  resources: Readonly<Record<Resource, number>>;
  /** The service's error: `excess` is the first resource that does not fit, `all` lists every one. */
  over: (excess: QuotaExcess, all: readonly QuotaExcess[]) => KumoError;
}

export interface QuotaOwner {
  /** Counts per user of the project in place of the project as a whole (key pairs). Limits are still the project's. */
  userId?: string;
}

export interface OwnCount<Resource extends string> {
  readonly resource: Resource;
  readonly userId: string;
  readonly requested: number;
  readonly count: () => Promise<number>;
}

type Amounts<Resource extends string> = Partial<Readonly<Record<Resource, number>>>;

export interface Quotas<S, Resource extends string> {
  /**
   * Counts `deltas` in the caller's transaction, so that a crash leaves both or neither. Rows are locked in one order
   * for everybody. A negative delta is never refused, and usage never falls below 0.
   * @throws what `over` makes; then nothing was counted.
   */
  charge(tx: Transaction<S>, projectId: string, deltas: Amounts<Resource>, owner?: QuotaOwner): Promise<void>;
  /**
   * Holds what is counted from a user's own rows, in whichever project he made them, against a project's limit. The user's
   * counter is locked first, in the caller's transaction: of many at once each counts the others.
   * @param count what he has now; called under the lock.
   * @throws what `over` makes.
   */
  checkOwn(tx: Transaction<S>, projectId: string, held: OwnCount<Resource>): Promise<void>;
  /** The reverse of charge; never below 0. Refunding twice counts twice: do it with the row's deletion. */
  refund(tx: Transaction<S>, projectId: string, deltas: Amounts<Resource>, owner?: QuotaOwner): Promise<void>;
  /** Sets what is in use to what was counted; other resources stay. */
  recount(tx: Transaction<S>, projectId: string, actual: Amounts<Resource>, owner?: QuotaOwner): Promise<void>;
  /** All resources; 0 where nothing was ever charged. */
  usage(projectId: string, owner?: QuotaOwner): Promise<Record<Resource, number>>;
  /** All resources: the project's own limits, else the default class's, else the configured ones. */
  limits(projectId: string): Promise<Record<Resource, number>>;
  setLimits(projectId: string, limits: Amounts<Resource>): Promise<void>;
  /** Back to the defaults. */
  deleteLimits(projectId: string): Promise<void>;
  /** The limits of a class over the configured ones; OpenStack knows the class `default`. */
  classLimits(className?: string): Promise<Record<Resource, number>>;
  setClassLimits(limits: Amounts<Resource>, className?: string): Promise<void>;
}

const DEFAULT_CLASS = 'default';

/** Quota of a service: counters and limits in its own database. */
export function quotas<S extends QuotaTables, Resource extends string>(
  db: Db<S>,
  options: QuotaOptions<Resource>,
): Quotas<S, Resource> {
  const store = new QuotaStore(db as unknown as Db<QuotaTables>, options);
  const own = (tx: Transaction<S>) => tx as unknown as Transaction<QuotaTables>;
  const q = store.db.q;
  return {
    charge: (tx, projectId, deltas, owner) => store.charge(own(tx), { projectId, ...owner }, deltas),
    checkOwn: (tx, projectId, held) => store.checkOwn(own(tx), projectId, held),
    refund: (tx, projectId, deltas, owner) => store.charge(own(tx), { projectId, ...owner }, negated(deltas)),
    recount: (tx, projectId, actual, owner) => store.recount(own(tx), { projectId, ...owner }, actual),
    usage: (projectId, owner) => store.usage({ projectId, ...owner }),
    limits: (projectId) => store.limits(q, projectId),
    setLimits: (projectId, limits) =>
      store.db.transaction(async (tx) => {
        for (const [resource, hard_limit] of store.sorted(limits)) {
          await upsert(
            tx,
            'quota_limits',
            { project_id: projectId, resource, hard_limit },
            ['project_id', 'resource'],
            ['hard_limit'],
          );
        }
      }),
    deleteLimits: async (projectId) =>
      void (await q.deleteFrom('quota_limits').where('project_id', '=', projectId).execute()),
    classLimits: (className = DEFAULT_CLASS) => store.classLimits(q, className),
    setClassLimits: (limits, className = DEFAULT_CLASS) =>
      store.db.transaction(async (tx) => {
        for (const [resource, hard_limit] of store.sorted(limits)) {
          await upsert(
            tx,
            'quota_class_limits',
            { class_name: className, resource, hard_limit },
            ['class_name', 'resource'],
            ['hard_limit'],
          );
        }
      }),
  };
}

interface Owner extends QuotaOwner {
  projectId: string;
}

class QuotaStore<Resource extends string> {
  readonly db: Db<QuotaTables>;
  readonly #options: QuotaOptions<Resource>;

  constructor(db: Db<QuotaTables>, options: QuotaOptions<Resource>) {
    this.db = db;
    this.#options = options;
  }

  async charge(tx: Transaction<QuotaTables>, owner: Owner, deltas: Amounts<Resource>): Promise<void> {
    const changes = this.sorted(deltas).filter(([, delta]) => delta !== 0);
    const used = await this.#lock(
      tx,
      owner,
      changes.map(([resource]) => resource),
    );
    if (changes.some(([, delta]) => delta > 0)) {
      const limits = await this.limits(tx, owner.projectId);
      const excesses = changes.flatMap(([resource, requested]) => {
        const limit = limits[resource];
        const now = used.get(resource)!;
        return requested > 0 && limit >= 0 && now + requested > limit
          ? [{ resource, limit, used: now, requested }]
          : [];
      });
      if (excesses.length > 0) throw this.#options.over(excesses[0]!, excesses);
    }
    for (const [resource, delta] of changes) {
      await this.#setUsage(tx, owner, resource, Math.max(0, used.get(resource)! + delta));
    }
  }

  async checkOwn(
    tx: Transaction<QuotaTables>,
    projectId: string,
    { resource, userId, requested, count }: OwnCount<Resource>,
  ): Promise<void> {
    await this.#lock(tx, { projectId: '', userId }, [resource]);
    const limit = (await this.limits(tx, projectId))[resource];
    const used = await count();
    if (limit < 0 || used + requested <= limit) return;
    const excess = { resource, limit, used, requested };
    throw this.#options.over(excess, [excess]);
  }

  async recount(tx: Transaction<QuotaTables>, owner: Owner, actual: Amounts<Resource>): Promise<void> {
    const counts = this.sorted(actual);
    await this.#lock(
      tx,
      owner,
      counts.map(([resource]) => resource),
    );
    for (const [resource, count] of counts) await this.#setUsage(tx, owner, resource, count);
  }

  async usage(owner: Owner): Promise<Record<Resource, number>> {
    const rows = await this.db.q
      .selectFrom('quota_usages')
      .select(['resource', 'in_use'])
      .where('project_id', '=', owner.projectId)
      .where('user_id', '=', owner.userId ?? '')
      .execute();
    const used = new Map(rows.map(({ resource, in_use }) => [resource, in_use]));
    return this.#each((resource) => used.get(resource) ?? 0);
  }

  async limits(q: Kysely<QuotaTables>, projectId: string): Promise<Record<Resource, number>> {
    const rows = await q
      .selectFrom('quota_limits')
      .select(['resource', 'hard_limit'])
      .where('project_id', '=', projectId)
      .execute();
    const own = new Map(rows.map(({ resource, hard_limit }) => [resource, hard_limit]));
    const inherited = await this.classLimits(q, DEFAULT_CLASS);
    return this.#each((resource) => own.get(resource) ?? inherited[resource]);
  }

  async classLimits(q: Kysely<QuotaTables>, className: string): Promise<Record<Resource, number>> {
    const rows = await q
      .selectFrom('quota_class_limits')
      .select(['resource', 'hard_limit'])
      .where('class_name', '=', className)
      .execute();
    const own = new Map(rows.map(({ resource, hard_limit }) => [resource, hard_limit]));
    return this.#each((resource) => own.get(resource) ?? this.#options.resources[resource]);
  }

  /** In one order, so that two transactions never wait for each other crosswise. */
  sorted(amounts: Amounts<Resource>): [Resource, number][] {
    const entries = (Object.entries(amounts) as [Resource, number | undefined][]).flatMap(([resource, amount]) =>
      amount === undefined ? [] : [[resource, amount] as [Resource, number]],
    );
    for (const [resource, amount] of entries) {
      if (!Object.hasOwn(this.#options.resources, resource))
        throw new TypeError(`${this.db.service} has no quota for ${resource}`);
      if (!Number.isSafeInteger(amount))
        throw new TypeError(`A quota of ${resource} must be a whole number, not ${amount}`);
    }
    return entries.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** What is in use of each resource, its rows made where missing and locked until the transaction ends. */
  async #lock(
    tx: Transaction<QuotaTables>,
    { projectId, userId = '' }: Owner,
    resources: readonly Resource[],
  ): Promise<Map<string, number>> {
    if (resources.length === 0) return new Map();
    const read = async () => {
      const query = tx
        .selectFrom('quota_usages')
        .select(['resource', 'in_use'])
        .where('project_id', '=', projectId)
        .where('user_id', '=', userId)
        .where('resource', 'in', resources)
        .orderBy('resource');
      return new Map((await forUpdate(query, this.db).execute()).map(({ resource, in_use }) => [resource, in_use]));
    };
    const used = await read();
    const missing = resources.filter((resource) => !used.has(resource));
    if (missing.length === 0) return used;
    await insertIgnore(
      tx,
      'quota_usages',
      missing.map((resource) => ({ project_id: projectId, user_id: userId, resource, in_use: 0 })),
    );
    return read();
  }

  async #setUsage(
    tx: Transaction<QuotaTables>,
    { projectId, userId = '' }: Owner,
    resource: Resource,
    inUse: number,
  ): Promise<void> {
    await tx
      .updateTable('quota_usages')
      .set({ in_use: inUse })
      .where('project_id', '=', projectId)
      .where('user_id', '=', userId)
      .where('resource', '=', resource)
      .execute();
  }

  #each(value: (resource: Resource) => number): Record<Resource, number> {
    const names = Object.keys(this.#options.resources) as Resource[];
    return Object.fromEntries(names.map((resource) => [resource, value(resource)])) as Record<Resource, number>;
  }
}

function negated<Resource extends string>(deltas: Amounts<Resource>): Amounts<Resource> {
  const entries = Object.entries(deltas) as [Resource, number | undefined][];
  return Object.fromEntries(
    entries.map(([resource, delta]) => [resource, delta === undefined ? undefined : -delta]),
  ) as Amounts<Resource>;
}
