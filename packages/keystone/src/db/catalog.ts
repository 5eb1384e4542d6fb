import { type Filter, type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { EndpointRow, KeystoneTables, ServiceRow } from './schema.ts';

type Q = Kysely<KeystoneTables>;

export interface Region {
  readonly id: string;
  readonly parentRegionId: string | null;
  readonly description: string;
}

export interface Service {
  readonly id: string;
  readonly type: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly enabled: boolean;
}

export interface Endpoint {
  readonly id: string;
  readonly serviceId: string;
  readonly regionId: string | null;
  readonly interface: string;
  readonly url: string;
  readonly enabled: boolean;
}

/** Undefined when there is none. */
export async function findRegion(q: Q, id: string): Promise<Region | undefined> {
  return (await listRegions(q, { filters: [{ column: 'id', op: 'eq', value: id }] })).rows[0];
}

export async function listRegions(q: Q, options: PageOptions): Promise<Page<Region>> {
  const page = await pageQuery(q.selectFrom('regions').selectAll(), options);
  const rows = page.rows.map((row) => ({
    id: row.id,
    parentRegionId: row.parent_region_id,
    description: row.description,
  }));
  return { rows, hasMore: page.hasMore };
}

export async function insertRegion(tx: Q, region: Region): Promise<void> {
  const { id, parentRegionId, description } = region;
  await tx.insertInto('regions').values({ id, parent_region_id: parentRegionId, description }).execute();
}

export async function updateRegion(tx: Q, region: Region): Promise<void> {
  const { id, parentRegionId, description } = region;
  await tx.updateTable('regions').set({ parent_region_id: parentRegionId, description }).where('id', '=', id).execute();
}

export async function deleteRegion(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('regions').where('id', '=', id).execute();
}

/** Undefined when there is none. */
export async function findService(q: Q, id: string): Promise<Service | undefined> {
  return (await listServices(q, { filters: [{ column: 'id', op: 'eq', value: id }] })).rows[0];
}

export async function listServices(q: Q, options: PageOptions): Promise<Page<Service>> {
  const page = await pageQuery(q.selectFrom('services').selectAll(), options);
  return { rows: page.rows.map((row) => ({ ...row, enabled: row.enabled === 1 })), hasMore: page.hasMore };
}

export async function insertService(tx: Q, service: Service): Promise<void> {
  await tx.insertInto('services').values(serviceRow(service)).execute();
}

export async function updateService(tx: Q, service: Service): Promise<void> {
  const { id, ...values } = serviceRow(service);
  await tx.updateTable('services').set(values).where('id', '=', id).execute();
}

/** With its endpoints. */
export async function deleteService(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('services').where('id', '=', id).execute();
}

/** Undefined when there is none. */
export async function findEndpoint(q: Q, id: string): Promise<Endpoint | undefined> {
  return (await listEndpoints(q, { filters: [{ column: 'id', op: 'eq', value: id }] })).rows[0];
}

export async function listEndpoints(q: Q, options: PageOptions): Promise<Page<Endpoint>> {
  const page = await pageQuery(q.selectFrom('endpoints').selectAll(), options);
  const rows = page.rows.map((row) => ({
    id: row.id,
    serviceId: row.service_id,
    regionId: row.region_id,
    interface: row.interface,
    url: row.url,
    enabled: row.enabled === 1,
  }));
  return { rows, hasMore: page.hasMore };
}

export async function insertEndpoint(tx: Q, endpoint: Endpoint): Promise<void> {
  await tx.insertInto('endpoints').values(endpointRow(endpoint)).execute();
}

export async function updateEndpoint(tx: Q, endpoint: Endpoint): Promise<void> {
  const { id, ...values } = endpointRow(endpoint);
  await tx.updateTable('endpoints').set(values).where('id', '=', id).execute();
}

export async function deleteEndpoint(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('endpoints').where('id', '=', id).execute();
}

/** What the catalog is made of: enabled services with their enabled endpoints. */
export async function enabledCatalog(q: Q): Promise<{ services: Service[]; endpoints: Endpoint[] }> {
  const filters: Filter[] = [{ column: 'enabled', op: 'eq', value: 1 }];
  const services = await listServices(q, { filters });
  const endpoints = await listEndpoints(q, { filters });
  return { services: services.rows, endpoints: endpoints.rows };
}

function serviceRow(service: Service): ServiceRow {
  return { ...service, enabled: Number(service.enabled) };
}

function endpointRow(endpoint: Endpoint): EndpointRow {
  return {
    id: endpoint.id,
    service_id: endpoint.serviceId,
    region_id: endpoint.regionId,
    interface: endpoint.interface,
    url: endpoint.url,
    enabled: Number(endpoint.enabled),
  };
}
