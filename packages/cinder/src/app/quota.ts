import { type Quotas, quotas } from '@kumo/core/quota';
import type { Transaction } from 'kysely';
import type { CinderConfig } from '../config.ts';
import type { CinderDb, Schema } from '../db/schema.ts';
import type { VolumeType } from '../db/volume-types.ts';
import {
  invalidInput,
  sizeExceedsQuota,
  snapshotLimitExceeded,
  volumeLimitExceeded,
  volumeTooLarge,
} from '../errors.ts';

export type Counted = 'volumes' | 'snapshots' | 'gigabytes';
export type Amounts = Partial<Record<Counted, number>>;
type TypeRef = Pick<VolumeType, 'id' | 'name'>;

const COUNTED: readonly Counted[] = ['volumes', 'snapshots', 'gigabytes'];
/** In the tables a type's own quota has the type's id, which stays when the type gets another name. */
const keyOf = (resource: Counted, { id }: Pick<TypeRef, 'id'>) => `${resource}_${id}`;

/** What projects may have: as a whole, and of each volume type (unlimited unless set). */
export class VolumeQuota {
  readonly #db: CinderDb;
  readonly #defaults: Record<string, number>;

  constructor(db: CinderDb, { quota }: CinderConfig) {
    this.#db = db;
    this.#defaults = {
      volumes: quota.volumes,
      per_volume_gigabytes: quota.perVolumeGigabytes,
      snapshots: quota.snapshots,
      gigabytes: quota.gigabytes,
      backups: quota.backups,
      backup_gigabytes: quota.backupGigabytes,
      groups: quota.groups,
    };
  }

  /** Counts in the caller's transaction. @throws the 413 that names the quota. */
  async charge(tx: Transaction<Schema>, projectId: string, type: TypeRef, amounts: Amounts): Promise<void> {
    await this.#of([type]).charge(tx, projectId, withType(type, amounts));
  }

  async refund(tx: Transaction<Schema>, projectId: string, typeId: string, amounts: Amounts): Promise<void> {
    const type = { id: typeId, name: typeId };
    await this.#of([type]).refund(tx, projectId, withType(type, amounts));
  }

  /** @throws the 413 for a volume that is larger than any of the project's may be. */
  async checkSize(projectId: string, sizeGb: number): Promise<void> {
    const limit = (await this.#of([]).limits(projectId)).per_volume_gigabytes!;
    if (limit >= 0 && sizeGb > limit) throw volumeTooLarge({ size: sizeGb, limit });
  }

  /** By wire name: `volumes`, `volumes_<type's name>`, … */
  async limits(projectId: string, types: readonly TypeRef[]): Promise<Record<string, number>> {
    return named(await this.#of(types).limits(projectId), types);
  }

  async usage(projectId: string, types: readonly TypeRef[]): Promise<Record<string, number>> {
    return named(await this.#of(types).usage(projectId), types);
  }

  async classLimits(className: string, types: readonly TypeRef[]): Promise<Record<string, number>> {
    return named(await this.#of(types).classLimits(className), types);
  }

  /** @throws invalidInput for an unknown resource. */
  async setLimits(projectId: string, limits: Record<string, number>, types: readonly TypeRef[]): Promise<void> {
    await this.#of(types).setLimits(projectId, this.#keyed(limits, types));
  }

  async setClassLimits(className: string, limits: Record<string, number>, types: readonly TypeRef[]): Promise<void> {
    await this.#of(types).setClassLimits(this.#keyed(limits, types), className);
  }

  async deleteLimits(projectId: string): Promise<void> {
    await this.#of([]).deleteLimits(projectId);
  }

  #keyed(limits: Record<string, number>, types: readonly TypeRef[]): Record<string, number> {
    const keys = new Map(Object.keys(this.#defaults).map((name) => [name, name]));
    for (const type of types)
      for (const resource of COUNTED) keys.set(`${resource}_${type.name}`, keyOf(resource, type));
    return Object.fromEntries(
      Object.entries(limits).map(([name, limit]) => {
        const key = keys.get(name);
        if (key === undefined) throw invalidInput({ reason: `there is no quota for ${name.slice(0, 64)}` });
        return [key, limit];
      }),
    );
  }

  #of(types: readonly TypeRef[]): Quotas<Schema, string> {
    const resources = { ...this.#defaults };
    for (const type of types) for (const resource of COUNTED) resources[keyOf(resource, type)] = -1;
    return quotas<Schema, string>(this.#db, { resources, over: (excess) => overError(excess, types) });
  }
}

function withType(type: TypeRef, amounts: Amounts): Record<string, number> {
  const entries = Object.entries(amounts) as [Counted, number][];
  return Object.fromEntries(
    entries.flatMap(([resource, amount]) => [
      [resource, amount],
      [keyOf(resource, type), amount],
    ]),
  );
}

function named(values: Record<string, number>, types: readonly TypeRef[]): Record<string, number> {
  const names = new Map(
    types.flatMap((type) => COUNTED.map((resource) => [keyOf(resource, type), `${resource}_${type.name}`] as const)),
  );
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [names.get(key) ?? key, value]));
}

function overError(
  excess: { resource: string; limit: number; used: number; requested: number },
  types: readonly TypeRef[],
) {
  const [name = excess.resource] = Object.keys(named({ [excess.resource]: 0 }, types));
  const params = { name, limit: excess.limit, used: excess.used, requested: excess.requested };
  if (name.startsWith('volumes')) return volumeLimitExceeded(params);
  if (name.startsWith('snapshots')) return snapshotLimitExceeded(params);
  return sizeExceedsQuota(params);
}
