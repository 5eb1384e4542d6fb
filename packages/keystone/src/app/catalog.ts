import type { Page } from '@kumo/core/db';
import {
  deleteEndpoint,
  deleteRegion,
  deleteService,
  type Endpoint,
  findEndpoint,
  findRegion,
  findService,
  insertEndpoint,
  insertRegion,
  insertService,
  listEndpoints,
  listRegions,
  listServices,
  type Region,
  type Service,
  updateEndpoint,
  updateRegion,
  updateService,
} from '../db/catalog.ts';
import { invalid, notAllowed, notFound } from '../errors.ts';
import type { CoreParts } from './core-parts.ts';
import { refusingDuplicates } from './duplicates.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';

/** What may be left out or stay as it is. */
type Values<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Services, their endpoints and the regions these are in. */
export class Catalog {
  readonly #parts: CoreParts;

  constructor(parts: CoreParts) {
    this.#parts = parts;
  }

  listServices(wanted: ListWanted): Promise<Page<Service>> {
    return listServices(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound */
  async getService(id: string): Promise<Service> {
    return found(await findService(this.#parts.db.q, id), 'service', id);
  }

  async createService(wanted: Values<Service> & { type: string }): Promise<Service> {
    const { type, name = null, description = null, enabled = true } = wanted;
    const service = { id: newId(), type, name, description, enabled };
    await this.#parts.changes.write((tx) => insertService(tx, service));
    return service;
  }

  /** @throws notFound */
  async updateService(id: string, wanted: Values<Service>): Promise<Service> {
    const service = { ...(await this.getService(id)), ...given(wanted), id };
    await this.#parts.changes.write((tx) => updateService(tx, service));
    return service;
  }

  /** With its endpoints. @throws notFound */
  async deleteService(id: string): Promise<void> {
    await this.getService(id);
    await this.#parts.changes.write((tx) => deleteService(tx, id));
  }

  listEndpoints(wanted: ListWanted): Promise<Page<Endpoint>> {
    return listEndpoints(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound */
  async getEndpoint(id: string): Promise<Endpoint> {
    return found(await findEndpoint(this.#parts.db.q, id), 'endpoint', id);
  }

  /** @param newRegion a region to be made when it is not there. @throws notFound of the service, invalid of the region. */
  async createEndpoint(
    wanted: Values<Endpoint> & Pick<Endpoint, 'serviceId' | 'interface' | 'url'>,
    newRegion?: string,
  ): Promise<Endpoint> {
    const { serviceId, url, enabled = true, interface: side, regionId = newRegion ?? null } = wanted;
    const endpoint: Endpoint = { id: newId(), serviceId, regionId, interface: side, url, enabled };
    await this.#writeEndpoint(endpoint, newRegion, insertEndpoint);
    return endpoint;
  }

  /** @throws notFound, invalid of the region. */
  async updateEndpoint(id: string, wanted: Values<Endpoint>, newRegion?: string): Promise<Endpoint> {
    const known = await this.getEndpoint(id);
    const { regionId = newRegion } = wanted;
    const endpoint = { ...known, ...given({ ...wanted, regionId }), id };
    await this.#writeEndpoint(endpoint, newRegion, updateEndpoint);
    return endpoint;
  }

  /** @throws notFound */
  async deleteEndpoint(id: string): Promise<void> {
    await this.getEndpoint(id);
    await this.#parts.changes.write((tx) => deleteEndpoint(tx, id));
  }

  listRegions(wanted: ListWanted): Promise<Page<Region>> {
    return listRegions(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound */
  async getRegion(id: string): Promise<Region> {
    return found(await findRegion(this.#parts.db.q, id), 'region', id);
  }

  /** @throws notFound of the parent, alreadyExists */
  async createRegion(wanted: Values<Region>): Promise<Region> {
    const { id, parentRegionId = null, description = '' } = wanted;
    if (parentRegionId !== null) await this.getRegion(parentRegionId);
    const region: Region = { id: id ? id : newId(), parentRegionId, description };
    await refusingDuplicates('region', region.id, () => this.#parts.changes.write((tx) => insertRegion(tx, region)));
    return region;
  }

  /** @throws notFound; invalid when it would be above itself. */
  async updateRegion(id: string, wanted: Values<Region>): Promise<Region> {
    const region = { ...(await this.getRegion(id)), ...given(wanted), id };
    for (let above = region.parentRegionId; above !== null; above = (await this.getRegion(above)).parentRegionId) {
      if (above === id)
        throw invalid({
          message: `The specified parent region ${region.parentRegionId} would create a circular region hierarchy.`,
        });
    }
    await this.#parts.changes.write((tx) => updateRegion(tx, region));
    return region;
  }

  /** With the regions below it. @throws notFound; notAllowed while an endpoint is in one of them. */
  async deleteRegion(id: string): Promise<void> {
    await this.getRegion(id);
    await this.#parts.changes.write(async (tx) => {
      const ids = [id];
      for (const parent of ids) {
        const { rows } = await listRegions(tx, { filters: [{ column: 'parent_region_id', op: 'eq', value: parent }] });
        ids.push(...rows.map((one) => one.id));
      }
      const inside = await listEndpoints(tx, { filters: [{ column: 'region_id', op: 'in', value: ids }], limit: 1 });
      if (inside.rows.length > 0)
        throw notAllowed({
          message: `Unable to delete region ${id} because it or its child regions have associated endpoints.`,
        });
      for (const one of ids.toReversed()) await deleteRegion(tx, one);
    });
  }

  async #writeEndpoint(endpoint: Endpoint, newRegion: string | undefined, write: typeof insertEndpoint): Promise<void> {
    await this.getService(endpoint.serviceId);
    const { regionId } = endpoint;
    const { changes, db } = this.#parts;
    const isMissing = regionId !== null && !(await findRegion(db.q, regionId));
    if (isMissing && regionId !== newRegion)
      throw invalid({ message: `Invalid input for region_id: there is no region ${regionId}.` });
    await changes.write(async (tx) => {
      if (isMissing) await insertRegion(tx, { id: regionId, parentRegionId: null, description: '' });
      await write(tx, endpoint);
    });
  }
}

function found<T>(row: T | undefined, kind: string, id: string): T {
  if (!row) throw notFound({ kind, id });
  return row;
}

/** Without what is undefined. */
function given<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
