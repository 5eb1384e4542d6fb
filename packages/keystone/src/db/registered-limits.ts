import { type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { RegisteredLimitRow } from './schema-catalog.ts';

type Q = Kysely<KeystoneTables>;

/** What is limited. */
export interface LimitedResource {
  readonly serviceId: string;
  readonly regionId: string | null;
  readonly resourceName: string;
}

/** How much of a resource everybody may have who has no limit of their own. */
export interface RegisteredLimit extends LimitedResource {
  readonly id: string;
  readonly defaultLimit: number;
  readonly description: string | null;
}

/** Undefined when there is none. */
export async function findRegisteredLimit(q: Q, id: string): Promise<RegisteredLimit | undefined> {
  const row = await q.selectFrom('registered_limits').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** The one of this very service, region and name. */
export async function findLimitOf(q: Q, resource: LimitedResource): Promise<RegisteredLimit | undefined> {
  const row = await q
    .selectFrom('registered_limits')
    .selectAll()
    .where('service_id', '=', resource.serviceId)
    .where('region_key', '=', resource.regionId ?? '')
    .where('resource_name', '=', resource.resourceName)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function listRegisteredLimits(q: Q, options: PageOptions): Promise<Page<RegisteredLimit>> {
  const page = await pageQuery(q.selectFrom('registered_limits').selectAll(), options);
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

/** Fails with a unique violation when one of them is there already, or twice among them. */
export async function insertRegisteredLimits(tx: Q, limits: readonly RegisteredLimit[]): Promise<void> {
  await tx.insertInto('registered_limits').values(limits.map(toRow)).execute();
}

export async function updateRegisteredLimit(tx: Q, limit: RegisteredLimit): Promise<void> {
  const { id, ...values } = toRow(limit);
  await tx.updateTable('registered_limits').set(values).where('id', '=', id).execute();
}

export async function deleteRegisteredLimit(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('registered_limits').where('id', '=', id).execute();
}

/** Whether a project or domain has a limit that refers to it. */
export async function isLimitUsed(q: Q, id: string): Promise<boolean> {
  const row = await q.selectFrom('limits').select('id').where('registered_limit_id', '=', id).executeTakeFirst();
  return row !== undefined;
}

function fromRow(row: RegisteredLimitRow): RegisteredLimit {
  return {
    id: row.id,
    serviceId: row.service_id,
    regionId: row.region_id,
    resourceName: row.resource_name,
    defaultLimit: row.default_limit,
    description: row.description,
  };
}

function toRow(limit: RegisteredLimit): RegisteredLimitRow {
  return {
    id: limit.id,
    service_id: limit.serviceId,
    region_id: limit.regionId,
    region_key: limit.regionId ?? '',
    resource_name: limit.resourceName,
    default_limit: limit.defaultLimit,
    description: limit.description,
  };
}
