import { type Db, insertIgnore, nowIso } from '@kumo/core/db';
import { findProvider, raiseGeneration, traitsOf } from '../db/resource-providers.ts';
import type { PlacementTables } from '../db/schema.ts';
import * as errors from '../errors.ts';
import type { Providers } from './providers.ts';
import { isStandardTrait, STANDARD_TRAITS } from './standard-names.ts';

export interface TraitFilters {
  in?: string[];
  startsWith?: string;
  /** Only those that some provider has, or that none has. */
  associated?: boolean;
}

/** What providers can do: the standard traits and custom ones. */
export class Traits {
  readonly #db: Db<PlacementTables>;
  readonly #providers: Providers;

  constructor(db: Db<PlacementTables>, providers: Providers) {
    this.#db = db;
    this.#providers = providers;
  }

  async list(filters: TraitFilters): Promise<string[]> {
    const { q } = this.#db;
    const custom = await q.selectFrom('traits').select('name').execute();
    let names = [...STANDARD_TRAITS, ...custom.map(({ name }) => name)];
    if (filters.in) names = names.filter((name) => filters.in?.includes(name));
    if (filters.startsWith !== undefined) names = names.filter((name) => name.startsWith(filters.startsWith!));
    if (filters.associated !== undefined) {
      const rows = await q.selectFrom('provider_traits').select('trait').distinct().execute();
      const inUse = new Set(rows.map(({ trait }) => trait));
      names = names.filter((name) => inUse.has(name) === filters.associated);
    }
    return names.sort();
  }

  /** @throws traitNotFound */
  async show(name: string): Promise<void> {
    if ((await this.unknown([name])).length > 0) throw errors.traitNotFound({ name });
  }

  /** Gives whether it was made now. */
  async ensure(name: string): Promise<boolean> {
    return (await insertIgnore(this.#db.q, 'traits', [{ name, updated_at: nowIso() }])) > 0;
  }

  /** @throws standardTrait, traitNotFound, traitInUse */
  async delete(name: string): Promise<void> {
    if (isStandardTrait(name)) throw errors.standardTrait({ name });
    await this.#db.transaction(async (tx) => {
      const used = await tx
        .selectFrom('provider_traits')
        .select('trait')
        .where('trait', '=', name)
        .limit(1)
        .executeTakeFirst();
      if (used) throw errors.traitInUse({ name });
      const { numDeletedRows } = await tx.deleteFrom('traits').where('name', '=', name).executeTakeFirst();
      if (numDeletedRows === 0n) throw errors.traitNotFound({ name });
    });
  }

  async ofProvider(uuid: string): Promise<{ generation: number; traits: string[] }> {
    const provider = await findProvider(this.#db.q, uuid);
    if (!provider) throw errors.providerNotFound({ uuid });
    return {
      generation: provider.generation,
      traits: [...((await traitsOf(this.#db.q, [uuid])).get(uuid) ?? [])].sort(),
    };
  }

  /** @throws unknownTraits, concurrentUpdate */
  async replaceOfProvider(
    uuid: string,
    traits: readonly string[],
    generation: number | undefined,
  ): Promise<{ generation: number; traits: string[] }> {
    const unknown = await this.unknown(traits);
    if (unknown.length > 0) throw errors.unknownTraits({ names: unknown.join(', ') });
    return this.#db.transaction(async (tx) => {
      const provider = await this.#providers.locked(tx, uuid, generation);
      await tx.deleteFrom('provider_traits').where('provider_uuid', '=', uuid).execute();
      if (traits.length > 0)
        await tx
          .insertInto('provider_traits')
          .values(traits.map((trait) => ({ provider_uuid: uuid, trait })))
          .execute();
      return { generation: await raiseGeneration(tx, provider), traits: [...traits].sort() };
    });
  }

  async unknown(names: readonly string[]): Promise<string[]> {
    const custom = names.filter((name) => !isStandardTrait(name));
    if (custom.length === 0) return [];
    const known = await this.#db.q.selectFrom('traits').select('name').where('name', 'in', custom).execute();
    const found = new Set(known.map(({ name }) => name));
    return custom.filter((name) => !found.has(name));
  }
}
