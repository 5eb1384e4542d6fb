import type { Page } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import {
  deleteEndpoint,
  deleteService,
  type Endpoint,
  findEndpoint,
  findRegion,
  findService,
  insertEndpoint,
  insertRegion,
  insertService,
  listEndpoints,
  listServices,
  type Service,
  updateEndpoint,
  updateService,
} from '../db/catalog.ts';
import { CATALOG_TAG } from '../db/change-tags.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { invalid, notFound, referenceMissing, stillInUse } from '../errors.ts';
import { EndpointUrl } from './endpoint-url.ts';
import { given } from './extra-attributes.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import { refusingReferences } from './references-kept.ts';
import type { ResourceDeps } from './resource-deps.ts';

/** What may be left out or stay as it is. */
type Values<T> = { readonly [K in keyof T]?: T[K] | undefined };

const noRegion = () => referenceMissing({ attribute: 'endpoint region_id', target: 'region table' });
const noService = () => referenceMissing({ attribute: 'endpoint service_id', target: 'service table' });

/** Services and their endpoints. */
export class Catalog {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
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
    const { type, name = null, description = null, enabled = true, extra = {} } = wanted;
    const service = { id: newId(), type, name, description, enabled, extra };
    await this.#write((tx) => insertService(tx, service));
    return service;
  }

  /** @throws notFound */
  async updateService(id: string, wanted: Values<Service>): Promise<Service> {
    const service = changed(await this.getService(id), wanted);
    await this.#write((tx) => updateService(tx, service));
    return service;
  }

  /** With its endpoints. @throws notFound; stillInUse while limits of it are registered. */
  async deleteService(id: string): Promise<void> {
    await this.getService(id);
    const limited = stillInUse({
      message: `Unable to delete service ${id} because it has associated registered limits.`,
    });
    await refusingReferences(() => this.#write((tx) => deleteService(tx, id)), { gone: limited });
  }

  listEndpoints(wanted: ListWanted): Promise<Page<Endpoint>> {
    return listEndpoints(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound */
  async getEndpoint(id: string): Promise<Endpoint> {
    return found(await findEndpoint(this.#parts.db.q, id), 'endpoint', id);
  }

  /**
   * @param newRegion a region to be made when it is not there; one named by `regionId` must be.
   * @throws invalid of the URL, referenceMissing of region and service.
   */
  async createEndpoint(
    wanted: Values<Endpoint> & Pick<Endpoint, 'serviceId' | 'interface' | 'url'>,
    newRegion?: string,
  ): Promise<Endpoint> {
    const { serviceId, url, enabled = true, interface: side, extra = {} } = wanted;
    const regionId = wanted.regionId ?? newRegion ?? null;
    const endpoint: Endpoint = { id: newId(), serviceId, regionId, interface: side, url, enabled, extra };
    await this.#writeEndpoint(endpoint, newRegion, insertEndpoint);
    return endpoint;
  }

  /** @throws notFound, invalid of the URL, referenceMissing of region and service. */
  async updateEndpoint(id: string, wanted: Values<Endpoint>, newRegion?: string): Promise<Endpoint> {
    const known = await this.getEndpoint(id);
    const regionId = wanted.regionId ?? newRegion ?? wanted.regionId;
    const endpoint = changed(known, { ...wanted, regionId });
    await this.#writeEndpoint(endpoint, newRegion, updateEndpoint);
    return endpoint;
  }

  /** @throws notFound */
  async deleteEndpoint(id: string): Promise<void> {
    await this.getEndpoint(id);
    await this.#write((tx) => deleteEndpoint(tx, id));
  }

  async #writeEndpoint(endpoint: Endpoint, newRegion: string | undefined, write: typeof insertEndpoint): Promise<void> {
    const { regionId, serviceId, url } = endpoint;
    if (!EndpointUrl.parse(url)) throw invalid({ message: `Cannot create an endpoint with an invalid URL: ${url}.` });
    const { db } = this.#parts;
    const isMissing = regionId !== null && !(await findRegion(db.q, regionId));
    if (isMissing && regionId !== newRegion) throw noRegion();
    if (!(await findService(db.q, serviceId))) throw noService();
    await refusingReferences(
      () =>
        this.#write(async (tx) => {
          // Seen again in the transaction: another request may have made it meanwhile.
          if (isMissing && !(await findRegion(tx, regionId)))
            await insertRegion(tx, { id: regionId, parentRegionId: null, description: '', extra: {} });
          await write(tx, endpoint);
        }),
      { gone: noService() },
    );
  }

  #write<T>(work: (tx: Transaction<KeystoneTables>) => Promise<T>): Promise<T> {
    return this.#parts.changes.write(work, [CATALOG_TAG]);
  }
}

function found<T>(row: T | undefined, kind: string, id: string): T {
  if (!row) throw notFound({ kind, id });
  return row;
}

function changed<T extends Service | Endpoint>(known: T, wanted: Values<T>): T {
  return { ...known, ...given(wanted), extra: { ...known.extra, ...wanted.extra }, id: known.id };
}
