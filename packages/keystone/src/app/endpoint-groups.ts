import type { Page } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import { type Endpoint, listEndpoints } from '../db/catalog.ts';
import { CATALOG_TAG } from '../db/change-tags.ts';
import {
  deleteEndpointGroup,
  type EndpointFilters,
  type EndpointGroup,
  findEndpointGroup,
  insertEndpointGroup,
  listEndpointGroups,
  updateEndpointGroup,
} from '../db/endpoint-filter.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { notFound } from '../errors.ts';
import { given } from './extra-attributes.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import type { ResourceDeps } from './resource-deps.ts';

interface Values {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly filters?: EndpointFilters | undefined;
}

/** Groups of endpoints, which say what an endpoint must have to be one of them. */
export class EndpointGroups {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  list(wanted: ListWanted): Promise<Page<EndpointGroup>> {
    return listEndpointGroups(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound */
  async get(id: string): Promise<EndpointGroup> {
    const group = await findEndpointGroup(this.#parts.db.q, id);
    if (!group) throw notFound({ kind: 'Endpoint Group', id });
    return group;
  }

  async create(wanted: Values & { name: string; filters: EndpointFilters }): Promise<EndpointGroup> {
    const { name, filters, description = null } = wanted;
    const group = { id: newId(), name, description, filters };
    await this.#write((tx) => insertEndpointGroup(tx, group));
    return group;
  }

  /** @throws notFound */
  async update(id: string, wanted: Values): Promise<EndpointGroup> {
    const group = { ...(await this.get(id)), ...given(wanted), id };
    await this.#write((tx) => updateEndpointGroup(tx, group));
    return group;
  }

  /** @throws notFound */
  async delete(id: string): Promise<void> {
    await this.get(id);
    await this.#write((tx) => deleteEndpointGroup(tx, id));
  }

  /** The endpoints of a group. @throws notFound */
  async endpointsOf(id: string): Promise<Endpoint[]> {
    const { filters } = await this.get(id);
    const conditions = Object.entries(filters).map(([column, value]) => ({ column, op: 'eq', value }) as const);
    return (await listEndpoints(this.#parts.db.q, { filters: conditions })).rows;
  }

  #write<T>(work: (tx: Transaction<KeystoneTables>) => Promise<T>): Promise<T> {
    return this.#parts.changes.write(work, [CATALOG_TAG]);
  }
}

/** Whether an endpoint is of a group. */
export function isInGroup(endpoint: Endpoint, { filters }: EndpointGroup): boolean {
  const { service_id, region_id, interface: side } = filters;
  return (
    (service_id === undefined || service_id === endpoint.serviceId) &&
    (region_id === undefined || region_id === endpoint.regionId) &&
    (side === undefined || side === endpoint.interface)
  );
}
