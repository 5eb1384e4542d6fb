import type { Page } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import { findRegion, findService } from '../db/catalog.ts';
import {
  deleteRegisteredLimit,
  findRegisteredLimit,
  insertRegisteredLimits,
  isLimitUsed,
  type LimitedResource,
  listRegisteredLimits,
  type RegisteredLimit,
  updateRegisteredLimit,
} from '../db/registered-limits.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { conflict, missing, referenceMissing, stillInUse } from '../errors.ts';
import { given } from './extra-attributes.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import { refusingReferences } from './references-kept.ts';
import type { ResourceDeps } from './resource-deps.ts';

export type NewRegisteredLimit = Omit<RegisteredLimit, 'id'>;
type Values = { readonly [K in keyof NewRegisteredLimit]?: NewRegisteredLimit[K] | undefined };

/** What everybody may have of a service's resources. */
export class RegisteredLimits {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  list(wanted: ListWanted): Promise<Page<RegisteredLimit>> {
    return listRegisteredLimits(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws missing */
  async get(id: string): Promise<RegisteredLimit> {
    const limit = await findRegisteredLimit(this.#parts.db.q, id);
    if (!limit) throw missing({ message: `Could not find registered limit for ${id}.` });
    return limit;
  }

  /** Creates all of the limits, or none. @throws referenceMissing of service or region, conflict */
  async create(wanted: readonly NewRegisteredLimit[]): Promise<RegisteredLimit[]> {
    const limits = wanted.map((one) => ({ ...one, id: newId() }));
    for (const limit of limits) await this.#refersToSomething(limit);
    await this.#save((tx) => insertRegisteredLimits(tx, limits));
    return limits;
  }

  /** @throws missing, referenceMissing of service or region, conflict, stillInUse */
  async update(id: string, wanted: Values): Promise<RegisteredLimit> {
    const limit = { ...(await this.get(id)), ...given(wanted), id };
    await this.#refersToSomething(limit);
    await this.#save(async (tx) => {
      if (await isLimitUsed(tx, id)) throw inUse(id);
      await updateRegisteredLimit(tx, limit);
    });
    return limit;
  }

  /** @throws missing, stillInUse */
  async delete(id: string): Promise<void> {
    await this.get(id);
    await refusingReferences(() => this.#write((tx) => deleteRegisteredLimit(tx, id)), {
      gone: inUse(id),
    });
  }

  #save(work: (tx: Transaction<KeystoneTables>) => Promise<void>): Promise<void> {
    return refusingReferences(() => this.#write(work), {
      duplicate: conflict({ message: 'Conflict occurred attempting to store registered_limit - Duplicate entry.' }),
      gone: noService(),
    });
  }

  async #refersToSomething({ serviceId, regionId }: LimitedResource): Promise<void> {
    const { q } = this.#parts.db;
    if (!(await findService(q, serviceId))) throw noService();
    if (regionId !== null && !(await findRegion(q, regionId)))
      throw referenceMissing({ attribute: 'region_id', target: 'registered_limit' });
  }

  #write<T>(work: (tx: Transaction<KeystoneTables>) => Promise<T>): Promise<T> {
    return this.#parts.changes.write(work, []);
  }
}

function noService() {
  return referenceMissing({ attribute: 'service_id', target: 'registered_limit' });
}

function inUse(id: string) {
  return stillInUse({
    message: `Unable to update or delete registered limit ${id} because there are project limits associated with it.`,
  });
}
