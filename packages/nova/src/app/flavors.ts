import { randomUUID } from 'node:crypto';
import { type Db, isUniqueViolation, nowIso, type Sort } from '@kumo/core/db';
import { pageSize } from '@kumo/core/http';
import * as store from '../db/flavors.ts';
import type { NovaTables } from '../db/schema.ts';
import {
  accessListOfPublicFlavor,
  extraSpecNotFound,
  flavorAccessExists,
  flavorAccessNotFound,
  flavorExists,
  flavorIdExists,
  flavorIsPublic,
  flavorNotFound,
  invalidRequest,
  markerNotFound,
} from '../errors.ts';

export type Flavor = store.Flavor;
export type NewFlavor = Omit<Flavor, 'id' | 'disabled' | 'createdAt' | 'updatedAt' | 'extraSpecs'> & { id?: string };

export interface FlavorQuery {
  scope: string | undefined;
  /** Undefined: both kinds. */
  isPublic?: boolean;
  minRamMb?: number;
  minDiskGb?: number;
  sorts: readonly { key: string; direction: 'asc' | 'desc' }[];
  limit?: number;
  marker?: string;
}

/** Wire names that a list can be sorted by → columns. */
export const flavorSortKeys: Record<string, string> = {
  flavorid: 'id',
  id: 'id',
  name: 'name',
  memory_mb: 'memory_mb',
  vcpus: 'vcpus',
  root_gb: 'root_gb',
  ephemeral_gb: 'ephemeral_gb',
  swap: 'swap_mb',
  rxtx_factor: 'rxtx_factor',
  is_public: 'is_public',
  disabled: 'disabled',
  created_at: 'created_at',
  updated_at: 'updated_at',
};

export class Flavors {
  readonly #db: Db<NovaTables>;
  readonly #maxPageSize: number;

  constructor(db: Db<NovaTables>, maxPageSize: number) {
    this.#db = db;
    this.#maxPageSize = maxPageSize;
  }

  async list(query: FlavorQuery) {
    const sorts: Sort[] = query.sorts.map(({ key, direction }) => ({ column: key, dir: direction }));
    return store.listFlavors(this.#db.q, {
      scope: query.scope,
      filters: [
        ...(query.isPublic === undefined
          ? []
          : [{ column: 'is_public', op: 'eq' as const, value: Number(query.isPublic) }]),
        ...(query.minRamMb === undefined ? [] : [{ column: 'memory_mb', op: 'gte' as const, value: query.minRamMb }]),
        ...(query.minDiskGb === undefined ? [] : [{ column: 'root_gb', op: 'gte' as const, value: query.minDiskGb }]),
      ],
      sorts,
      limit: pageSize(query.limit, this.#maxPageSize),
      marker: query.marker,
      unknownMarker: (marker) => markerNotFound({ marker }),
    });
  }

  /** @throws flavorNotFound, also for one that the project may not use. */
  async get(id: string, scope: string | undefined): Promise<Flavor> {
    const flavor = await store.findFlavor(this.#db.q, id, scope);
    if (!flavor) throw flavorNotFound({ id });
    return flavor;
  }

  /** @throws 409 when the name or the id is taken. */
  async create(wanted: NewFlavor): Promise<Flavor> {
    const id = wanted.id ?? randomUUID();
    const flavor: Flavor = { ...wanted, id, disabled: false, createdAt: nowIso(), updatedAt: null, extraSpecs: {} };
    const refuseTaken = async () => {
      if (await store.flavorExistsWith(this.#db.q, { name: flavor.name })) throw flavorExists({ name: flavor.name });
      if (await store.flavorExistsWith(this.#db.q, { id })) throw flavorIdExists({ id });
    };
    await refuseTaken();
    try {
      await store.insertFlavor(this.#db.q, flavor);
    } catch (error) {
      if (isUniqueViolation(error)) await refuseTaken();
      throw error;
    }
    return flavor;
  }

  async describe(id: string, description: string | null): Promise<Flavor> {
    await this.get(id, undefined);
    await store.updateFlavorDescription(this.#db.q, id, description);
    return this.get(id, undefined);
  }

  async delete(id: string): Promise<void> {
    if (!(await store.deleteFlavor(this.#db.q, id))) throw flavorNotFound({ id });
  }

  async setExtraSpecs(id: string, specs: Record<string, string>): Promise<Record<string, string>> {
    await this.get(id, undefined);
    await this.#db.transaction((tx) => store.setExtraSpecs(tx, id, specs));
    return specs;
  }

  /** @throws 404 */
  async extraSpec(id: string, scope: string | undefined, key: string): Promise<string> {
    const value = (await this.get(id, scope)).extraSpecs[key];
    if (value === undefined) throw extraSpecNotFound({ id, key });
    return value;
  }

  async deleteExtraSpec(id: string, key: string): Promise<void> {
    await this.get(id, undefined);
    if (!(await store.deleteExtraSpec(this.#db.q, id, key))) throw extraSpecNotFound({ id, key });
  }

  /** @throws 404 for a public flavor, which has no list. */
  async access(id: string): Promise<string[]> {
    if ((await this.get(id, undefined)).isPublic) throw accessListOfPublicFlavor();
    return store.accessOf(this.#db.q, id);
  }

  /** @param refusePublic from 2.7 on. @throws 409 when the project has it already. */
  async addAccess(id: string, projectId: string, refusePublic: boolean): Promise<string[]> {
    const { isPublic } = await this.get(id, undefined);
    if (isPublic && refusePublic) throw flavorIsPublic();
    try {
      await store.addAccess(this.#db.q, id, projectId);
    } catch (error) {
      if (isUniqueViolation(error)) throw flavorAccessExists({ id, project: projectId }, { cause: error });
      throw error;
    }
    return store.accessOf(this.#db.q, id);
  }

  async removeAccess(id: string, projectId: string): Promise<string[]> {
    if ((await this.get(id, undefined)).isPublic)
      throw invalidRequest({ message: 'Access list not available for public flavors.' });
    if (!(await store.removeAccess(this.#db.q, id, projectId))) throw flavorAccessNotFound({ id, project: projectId });
    return store.accessOf(this.#db.q, id);
  }
}
