/**
 * Allocation candidates: the providers from which a whole request can be taken at once. A request is served by one
 * provider: Kumo's hosts report one provider each, so spreading one group over a tree is not offered.
 */
import type { Db } from '@kumo/core/db';
import { aggregatesOf, type ProviderRow, traitsOf } from '../db/resource-providers.ts';
import type { PlacementTables } from '../db/schema.ts';
import * as errors from '../errors.ts';
import { capacityOf, type InventoryRow } from './capacity.ts';
import { type AggregateQuery, aggregatesFit, asksTraits, type TraitQuery, traitsFit } from './query.ts';
import type { ResourceClasses } from './resource-classes.ts';
import type { Traits } from './traits.ts';

export interface CandidateQuery {
  resources: ReadonlyMap<string, number>;
  traits: TraitQuery;
  memberOf: AggregateQuery;
  inTree?: string;
  rootTraits: TraitQuery;
  limit: number;
}

export interface Candidate {
  provider: ProviderRow;
  inventories: InventoryRow[];
  traits: string[];
}

export class Candidates {
  readonly #db: Db<PlacementTables>;
  readonly #classes: ResourceClasses;
  readonly #traits: Traits;

  constructor(db: Db<PlacementTables>, classes: ResourceClasses, traits: Traits) {
    this.#db = db;
    this.#classes = classes;
    this.#traits = traits;
  }

  /** @throws unknownResourceClass, unknownTraits */
  async find(query: CandidateQuery): Promise<Candidate[]> {
    await this.#classes.refuseUnknown([...query.resources.keys()]);
    const names = [query.traits, query.rootTraits].flatMap(({ required, forbidden, anyOf }) => [
      ...required,
      ...forbidden,
      ...anyOf.flat(),
    ]);
    const unknown = await this.#traits.unknown(names);
    if (unknown.length > 0) throw errors.unknownTraits({ names: unknown.join(', ') });
    const providers = await this.#fitting(await this.#withRoom(query), query);
    return this.#describe(providers.slice(0, query.limit));
  }

  /** Providers that have room for every class. */
  async #withRoom({ resources, inTree }: CandidateQuery): Promise<ProviderRow[]> {
    const { q } = this.#db;
    let select = q
      .selectFrom('inventories')
      .selectAll('inventories')
      .where('resource_class', 'in', [...resources.keys()]);
    if (inTree !== undefined) {
      select = select
        .innerJoin('resource_providers', 'resource_providers.uuid', 'inventories.provider_uuid')
        .where('resource_providers.root_uuid', 'in', (sub) =>
          sub.selectFrom('resource_providers as one').select('one.root_uuid').where('one.uuid', '=', inTree),
        );
    }
    const rows = await select.execute();
    const room = Map.groupBy(
      rows.filter((row) => capacityOf(row).takes(resources.get(row.resource_class)!)),
      ({ provider_uuid }) => provider_uuid,
    );
    const uuids = [...room].filter(([, fits]) => fits.length === resources.size).map(([uuid]) => uuid);
    return uuids.length === 0
      ? []
      : q.selectFrom('resource_providers').selectAll().where('uuid', 'in', uuids).orderBy('uuid').execute();
  }

  async #fitting(providers: ProviderRow[], query: CandidateQuery): Promise<ProviderRow[]> {
    const { q } = this.#db;
    let fitting = providers;
    const asksRoot = asksTraits(query.rootTraits);
    if (asksTraits(query.traits) || asksRoot) {
      const has = await traitsOf(
        q,
        fitting.flatMap(({ uuid, root_uuid }) => [uuid, root_uuid]),
      );
      const of = (uuid: string) => has.get(uuid) ?? new Set<string>();
      fitting = fitting.filter(
        ({ uuid, root_uuid }) =>
          traitsFit(query.traits, of(uuid)) && (!asksRoot || traitsFit(query.rootTraits, of(root_uuid))),
      );
    }
    if (query.memberOf.anyOf.length + query.memberOf.forbidden.length > 0) {
      const memberOf = await aggregatesOf(
        q,
        fitting.map(({ uuid }) => uuid),
      );
      fitting = fitting.filter(({ uuid }) => aggregatesFit(query.memberOf, memberOf.get(uuid) ?? new Set()));
    }
    return fitting;
  }

  async #describe(providers: readonly ProviderRow[]): Promise<Candidate[]> {
    if (providers.length === 0) return [];
    const uuids = providers.map(({ uuid }) => uuid);
    const inventories = Map.groupBy(
      await this.#db.q.selectFrom('inventories').selectAll().where('provider_uuid', 'in', uuids).execute(),
      ({ provider_uuid }) => provider_uuid,
    );
    const traits = await traitsOf(this.#db.q, uuids);
    return providers.map((provider) => ({
      provider,
      inventories: inventories.get(provider.uuid) ?? [],
      traits: [...(traits.get(provider.uuid) ?? [])].sort(),
    }));
  }
}
