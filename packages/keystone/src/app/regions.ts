import type { Page } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import {
  deleteRegion,
  findRegion,
  insertRegion,
  listEndpoints,
  listRegions,
  type Region,
  updateRegion,
} from '../db/catalog.ts';
import { CATALOG_TAG } from '../db/change-tags.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { conflict, invalid, notFound, stillInUse } from '../errors.ts';
import { given } from './extra-attributes.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import { refusingReferences } from './references-kept.ts';
import type { ResourceDeps } from './resource-deps.ts';

/** What may be left out or stay as it is. */
type Values = { readonly [K in keyof Region]?: Region[K] | undefined };

/** Where endpoints are; regions may stand below each other. */
export class Regions {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  list(wanted: ListWanted): Promise<Page<Region>> {
    return listRegions(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound */
  async get(id: string): Promise<Region> {
    const region = await findRegion(this.#parts.db.q, id);
    if (!region) throw notFound({ kind: 'region', id });
    return region;
  }

  /** Under an id of its own, or one made here. @throws conflict of the id, notFound of the parent. */
  async create(wanted: Values): Promise<Region> {
    const { parentRegionId = null, description = '', extra = {} } = wanted;
    const region: Region = { id: wanted.id ? wanted.id : newId(), parentRegionId, description, extra };
    const { db } = this.#parts;
    const duplicate = conflict({
      message: `Conflict occurred attempting to store region - Duplicate ID, ${region.id}.`,
    });
    if (await findRegion(db.q, region.id)) throw duplicate;
    if (parentRegionId !== null) await this.get(parentRegionId);
    await refusingReferences(() => this.#write((tx) => insertRegion(tx, region)), {
      duplicate,
      gone: notFound({ kind: 'region', id: parentRegionId }),
    });
    return region;
  }

  /** @throws notFound of it or its parent; invalid when it would be above itself. */
  async update(id: string, wanted: Values): Promise<Region> {
    const { parentRegionId } = wanted;
    if (parentRegionId != null) await this.get(parentRegionId);
    const known = await this.get(id);
    const region = { ...known, ...given(wanted), extra: { ...known.extra, ...wanted.extra }, id };
    await this.#write(async (tx) => {
      for (let above = region.parentRegionId; above !== null; ) {
        if (above === id)
          throw invalid({
            message: `The specified parent region ${above} would create a circular region hierarchy.`,
          });
        above = (await findRegion(tx, above))?.parentRegionId ?? null;
      }
      await updateRegion(tx, region);
    });
    return region;
  }

  /** With the regions below it. @throws notFound; stillInUse while an endpoint or a limit is in one of them. */
  async delete(id: string): Promise<void> {
    await this.get(id);
    const limited = stillInUse({
      message: `Unable to delete region ${id} because it or its child regions have associated registered limits.`,
    });
    await refusingReferences(() => this.#write((tx) => this.#deleteTree(tx, id)), { gone: limited });
  }

  async #deleteTree(tx: Parameters<typeof deleteRegion>[0], id: string): Promise<void> {
    const ids = [id];
    for (const parent of ids) {
      const { rows } = await listRegions(tx, { filters: [{ column: 'parent_region_id', op: 'eq', value: parent }] });
      ids.push(...rows.map((one) => one.id));
    }
    const inside = await listEndpoints(tx, { filters: [{ column: 'region_id', op: 'in', value: ids }], limit: 1 });
    if (inside.rows.length > 0)
      throw stillInUse({
        message: `Unable to delete region ${id} because it or its child regions have associated endpoints.`,
      });
    for (const one of ids.toReversed()) await deleteRegion(tx, one);
  }

  #write<T>(work: (tx: Transaction<KeystoneTables>) => Promise<T>): Promise<T> {
    return this.#parts.changes.write(work, [CATALOG_TAG]);
  }
}
