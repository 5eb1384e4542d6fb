import { type Db, isUniqueViolation } from '@kumo/core/db';
import * as store from '../db/aggregates.ts';
import { listServices, placedServers } from '../db/hosts.ts';
import type { NovaTables } from '../db/schema.ts';
import {
  aggregateExists,
  aggregateHostExists,
  aggregateHostNotFound,
  aggregateNotEmpty,
  aggregateNotFound,
  hostNotFound,
  invalidRequest,
} from '../errors.ts';
import { ZONE_KEY } from './zones.ts';

export type Aggregate = store.Aggregate;

/** Groups of hosts; one with `availability_zone` in its metadata makes a zone of them. */
export class Aggregates {
  readonly #db: Db<NovaTables>;

  constructor(db: Db<NovaTables>) {
    this.#db = db;
  }

  list(): Promise<Aggregate[]> {
    return store.listAggregates(this.#db.q);
  }

  /** @throws 404 */
  async get(id: number): Promise<Aggregate> {
    const found = (await this.list()).find((aggregate) => aggregate.id === id);
    if (!found) throw aggregateNotFound({ id });
    return found;
  }

  /** @throws 409 when the name is taken. */
  async create(name: string, zone: string | null | undefined): Promise<Aggregate> {
    await this.#refuseTaken(name);
    const id = await this.#named(name, () =>
      this.#db.transaction((tx) => store.insertAggregate(tx, name, zone ? { [ZONE_KEY]: zone } : {})),
    );
    return this.get(id);
  }

  async update(id: number, changes: { name?: string; zone?: string | null }): Promise<Aggregate> {
    const aggregate = await this.get(id);
    const { name, zone } = changes;
    if (name !== undefined && name !== aggregate.name) await this.#refuseTaken(name);
    if (zone !== undefined) await this.#refuseZone(aggregate.hosts, zone, id);
    await this.#named(name ?? aggregate.name, () =>
      this.#db.transaction(async (tx) => {
        if (name !== undefined) await store.renameAggregate(tx, id, name);
        if (zone !== undefined) await store.setAggregateMetadata(tx, id, { [ZONE_KEY]: zone });
      }),
    );
    return this.get(id);
  }

  async setMetadata(id: number, metadata: Record<string, string | null>): Promise<Aggregate> {
    const { hosts } = await this.get(id);
    if (metadata[ZONE_KEY] !== undefined) await this.#refuseZone(hosts, metadata[ZONE_KEY], id);
    await this.#db.transaction((tx) => store.setAggregateMetadata(tx, id, metadata));
    return this.get(id);
  }

  /** @throws 404 without such a compute host, 409 when it is in already, or in another zone. */
  async addHost(id: number, host: string): Promise<Aggregate> {
    const { hosts, metadata } = await this.get(id);
    if ((await listServices(this.#db.q, { host, binary: 'nova-compute' })).length === 0) throw hostNotFound({ host });
    if (hosts.includes(host)) throw aggregateHostExists({ id, host });
    if (metadata[ZONE_KEY] !== undefined) await this.#refuseZone([host], metadata[ZONE_KEY], id);
    await this.#db.transaction((tx) => store.addAggregateHost(tx, id, host));
    return this.get(id);
  }

  async removeHost(id: number, host: string): Promise<Aggregate> {
    await this.get(id);
    if (!(await store.removeAggregateHost(this.#db.q, id, host))) throw aggregateHostNotFound({ id, host });
    return this.get(id);
  }

  async delete(id: number): Promise<void> {
    if ((await this.get(id)).hosts.length > 0) throw aggregateNotEmpty({ id });
    await store.deleteAggregate(this.#db.q, id);
  }

  async #refuseTaken(name: string): Promise<void> {
    if ((await this.list()).some((aggregate) => aggregate.name === name)) throw aggregateExists({ name });
  }

  async #named<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw isUniqueViolation(error) ? aggregateExists({ name }, { cause: error }) : error;
    }
  }

  /** A host is in one zone, and keeps it while servers are on it. */
  async #refuseZone(hosts: readonly string[], zone: string | null, id: number): Promise<void> {
    const others = (await this.list()).filter((aggregate) => aggregate.id !== id);
    for (const host of hosts) {
      const other = others.find(
        (aggregate) => aggregate.metadata[ZONE_KEY] !== undefined && aggregate.hosts.includes(host),
      );
      if (other && other.metadata[ZONE_KEY] !== zone)
        throw invalidRequest({
          message: `Cannot perform action on aggregate ${id}. Reason: One or more hosts already in availability zone(s) ['${other.metadata[ZONE_KEY]}'].`,
        });
    }
    if (hosts.length > 0 && (await placedServers(this.#db.q, hosts)).length > 0)
      throw invalidRequest({
        message: `Cannot perform action on aggregate ${id}. Reason: One or more hosts contain instances in this zone.`,
      });
  }
}
