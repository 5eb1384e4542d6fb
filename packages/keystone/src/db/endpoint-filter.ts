import { type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { EndpointGroupRow } from './schema-catalog.ts';

type Q = Kysely<KeystoneTables>;

/** The endpoints that have all of these. */
export interface EndpointGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly filters: EndpointFilters;
}

/** By the names of an endpoint's attributes on the wire, as they are kept. */
export interface EndpointFilters {
  readonly service_id?: string;
  readonly region_id?: string | null;
  readonly interface?: string;
}

/** Undefined when there is none. */
export async function findEndpointGroup(q: Q, id: string): Promise<EndpointGroup | undefined> {
  const row = await q.selectFrom('endpoint_groups').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

export async function listEndpointGroups(q: Q, options: PageOptions): Promise<Page<EndpointGroup>> {
  const page = await pageQuery(q.selectFrom('endpoint_groups').selectAll(), options);
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

export async function insertEndpointGroup(tx: Q, group: EndpointGroup): Promise<void> {
  await tx.insertInto('endpoint_groups').values(toRow(group)).execute();
}

export async function updateEndpointGroup(tx: Q, group: EndpointGroup): Promise<void> {
  const { id, ...values } = toRow(group);
  await tx.updateTable('endpoint_groups').set(values).where('id', '=', id).execute();
}

/** With its associations. */
export async function deleteEndpointGroup(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('endpoint_groups').where('id', '=', id).execute();
}

/** What a project's catalog may be restricted to. */
export interface ProjectFilter {
  readonly endpointIds: readonly string[];
  readonly groups: readonly EndpointGroup[];
}

export async function projectFilter(q: Q, projectId: string): Promise<ProjectFilter> {
  const endpoints = await q
    .selectFrom('project_endpoints')
    .select('endpoint_id')
    .where('project_id', '=', projectId)
    .orderBy('endpoint_id')
    .execute();
  const groups = await q
    .selectFrom('endpoint_groups')
    .innerJoin('project_endpoint_groups as given', 'given.endpoint_group_id', 'endpoint_groups.id')
    .selectAll('endpoint_groups')
    .where('given.project_id', '=', projectId)
    .orderBy('endpoint_groups.id')
    .execute();
  return { endpointIds: endpoints.map((row) => row.endpoint_id), groups: groups.map(fromRow) };
}

/** Whether any project's catalog is restricted. */
export async function someProjectFilter(q: Q): Promise<boolean> {
  const endpoint = await q.selectFrom('project_endpoints').select('project_id').limit(1).executeTakeFirst();
  if (endpoint) return true;
  const group = await q.selectFrom('project_endpoint_groups').select('project_id').limit(1).executeTakeFirst();
  return group !== undefined;
}

/** Fails with a unique violation when it is there already. */
export async function insertProjectEndpoint(tx: Q, projectId: string, endpointId: string): Promise<void> {
  await tx.insertInto('project_endpoints').values({ project_id: projectId, endpoint_id: endpointId }).execute();
}

export async function hasProjectEndpoint(q: Q, projectId: string, endpointId: string): Promise<boolean> {
  const row = await q
    .selectFrom('project_endpoints')
    .select('project_id')
    .where('project_id', '=', projectId)
    .where('endpoint_id', '=', endpointId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether it was there. */
export async function deleteProjectEndpoint(tx: Q, projectId: string, endpointId: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('project_endpoints')
    .where('project_id', '=', projectId)
    .where('endpoint_id', '=', endpointId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function projectIdsOfEndpoint(q: Q, endpointId: string): Promise<string[]> {
  const rows = await q
    .selectFrom('project_endpoints')
    .select('project_id')
    .where('endpoint_id', '=', endpointId)
    .orderBy('project_id')
    .execute();
  return rows.map((row) => row.project_id);
}

/** Fails with a unique violation when it is there already. */
export async function insertProjectGroup(tx: Q, projectId: string, groupId: string): Promise<void> {
  await tx
    .insertInto('project_endpoint_groups')
    .values({ project_id: projectId, endpoint_group_id: groupId })
    .execute();
}

export async function hasProjectGroup(q: Q, projectId: string, groupId: string): Promise<boolean> {
  const row = await q
    .selectFrom('project_endpoint_groups')
    .select('project_id')
    .where('project_id', '=', projectId)
    .where('endpoint_group_id', '=', groupId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether it was there. */
export async function deleteProjectGroup(tx: Q, projectId: string, groupId: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('project_endpoint_groups')
    .where('project_id', '=', projectId)
    .where('endpoint_group_id', '=', groupId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function projectIdsOfGroup(q: Q, groupId: string): Promise<string[]> {
  const rows = await q
    .selectFrom('project_endpoint_groups')
    .select('project_id')
    .where('endpoint_group_id', '=', groupId)
    .orderBy('project_id')
    .execute();
  return rows.map((row) => row.project_id);
}

function fromRow({ id, name, description, filters }: EndpointGroupRow): EndpointGroup {
  return { id, name, description, filters: JSON.parse(filters) };
}

function toRow({ id, name, description, filters }: EndpointGroup): EndpointGroupRow {
  return { id, name, description, filters: JSON.stringify(filters) };
}
