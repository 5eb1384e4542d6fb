import { type Filter, type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { EndpointRow, RegionRow, ServiceRow } from './schema-catalog.ts';

type Q = Kysely<KeystoneTables>;
type Extra = Readonly<Record<string, unknown>>;

export interface Region {
  readonly id: string;
  readonly parentRegionId: string | null;
  readonly description: string;
  /** What else a client gave it; so in all of these. */
  readonly extra: Extra;
}

export interface Service {
  readonly id: string;
  readonly type: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly extra: Extra;
}

export interface Endpoint {
  readonly id: string;
  readonly serviceId: string;
  readonly regionId: string | null;
  readonly interface: string;
  readonly url: string;
  readonly enabled: boolean;
  readonly extra: Extra;
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
    extra: parseExtra(row.extra),
  }));
  return { rows, hasMore: page.hasMore };
}

export async function insertRegion(tx: Q, region: Region): Promise<void> {
  await tx.insertInto('regions').values(regionRow(region)).execute();
}

export async function updateRegion(tx: Q, region: Region): Promise<void> {
  const { id, ...values } = regionRow(region);
  await tx.updateTable('regions').set(values).where('id', '=', id).execute();
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
  const rows = page.rows.map((row) => ({ ...row, enabled: row.enabled === 1, extra: parseExtra(row.extra) }));
  return { rows, hasMore: page.hasMore };
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
    extra: parseExtra(row.extra),
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

function parseExtra(text: string | null): Extra {
  return text === null ? {} : JSON.parse(text);
}

function regionRow({ id, parentRegionId, description, extra }: Region): RegionRow {
  return { id, parent_region_id: parentRegionId, description, extra: JSON.stringify(extra) };
}

function serviceRow({ enabled, extra, ...service }: Service): ServiceRow {
  return { ...service, enabled: Number(enabled), extra: JSON.stringify(extra) };
}

function endpointRow(endpoint: Endpoint): EndpointRow {
  return {
    id: endpoint.id,
    service_id: endpoint.serviceId,
    region_id: endpoint.regionId,
    interface: endpoint.interface,
    url: endpoint.url,
    enabled: Number(endpoint.enabled),
    extra: JSON.stringify(endpoint.extra),
  };
}
