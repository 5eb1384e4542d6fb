import { type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import { inChunks } from './chunks.ts';
import type { LimitedResource } from './registered-limits.ts';
import type { KeystoneTables } from './schema.ts';

type Q = Kysely<KeystoneTables>;

/** Whose a limit is: a project's or a domain's. */
export type LimitOwner =
  | { readonly projectId: string; readonly domainId: null }
  | { readonly projectId: null; readonly domainId: string };

/** How much of a resource one project or domain may have instead of what is registered for everybody. */
export type Limit = LimitedResource &
  LimitOwner & {
    readonly id: string;
    readonly registeredLimitId: string;
    readonly resourceLimit: number;
    readonly description: string | null;
  };

/** Undefined when there is none. */
export async function findLimit(q: Q, id: string): Promise<Limit | undefined> {
  const row = await selectLimits(q).where('limits.id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/**
 * Filters name their columns with the table: `limits.project_id`, `registered_limits.service_id`.
 * @param ofDomain only the limits of this domain and of its projects.
 */
export async function listLimits(q: Q, options: PageOptions & { ofDomain?: string }): Promise<Page<Limit>> {
  const { ofDomain, ...page } = options;
  let query = selectLimits(q);
  if (ofDomain !== undefined) {
    const inside = q.selectFrom('projects').select('id').where('domain_id', '=', ofDomain);
    query = query.where((eb) => eb.or([eb('limits.domain_id', '=', ofDomain), eb('limits.project_id', 'in', inside)]));
  }
  const found = await pageQuery(query, { ...page, key: 'limits.id' });
  return { rows: found.rows.map(fromRow), hasMore: found.hasMore };
}

/** Those of some projects, by id. */
export async function limitsOfProjects(q: Q, projectIds: readonly string[]): Promise<Limit[]> {
  const all = selectLimits(q).orderBy('limits.id');
  return (await inChunks(projectIds, (some) => all.where('limits.project_id', 'in', [...some]).execute())).map(fromRow);
}

/** The limit of a domain for what is registered; undefined when it has none of its own. */
export async function domainLimit(q: Q, registeredLimitId: string, domainId: string): Promise<number | undefined> {
  const row = await q
    .selectFrom('limits')
    .select('resource_limit')
    .where('registered_limit_id', '=', registeredLimitId)
    .where('domain_id', '=', domainId)
    .executeTakeFirst();
  return row?.resource_limit;
}

/** The highest limit that a project of the domain has for what is registered; undefined when none has one. */
export async function highestInDomain(q: Q, registeredLimitId: string, domainId: string): Promise<number | undefined> {
  const row = await q
    .selectFrom('limits')
    .innerJoin('projects', 'projects.id', 'limits.project_id')
    .select((eb) => eb.fn.max('limits.resource_limit').as('highest'))
    .where('limits.registered_limit_id', '=', registeredLimitId)
    .where('projects.domain_id', '=', domainId)
    .executeTakeFirst();
  return row?.highest == null ? undefined : Number(row.highest);
}

/** Fails with a unique violation when one of the owners has such a limit already. */
export async function insertLimits(tx: Q, limits: readonly Limit[]): Promise<void> {
  const rows = limits.map((limit) => ({
    id: limit.id,
    registered_limit_id: limit.registeredLimitId,
    project_id: limit.projectId,
    domain_id: limit.domainId,
    resource_limit: limit.resourceLimit,
    description: limit.description,
  }));
  await tx.insertInto('limits').values(rows).execute();
}

/** What may change of a limit. */
export async function updateLimit(tx: Q, { id, resourceLimit, description }: Limit): Promise<void> {
  await tx.updateTable('limits').set({ resource_limit: resourceLimit, description }).where('id', '=', id).execute();
}

export async function deleteLimit(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('limits').where('id', '=', id).execute();
}

/** A project with more than `levels - 1` projects above it; undefined when there is none. */
export async function projectBelow(q: Q, levels: number): Promise<string | undefined> {
  let found = q.selectFrom('projects').select('id').where('is_domain', '=', 1);
  for (let level = 0; level <= levels; level++) {
    const above = found;
    found = q.selectFrom('projects').select('id').where('is_domain', '=', 0).where('parent_id', 'in', above);
  }
  return (await found.limit(1).executeTakeFirst())?.id;
}

function selectLimits(q: Q) {
  return q
    .selectFrom('limits')
    .innerJoin('registered_limits', 'registered_limits.id', 'limits.registered_limit_id')
    .select([
      'limits.id',
      'limits.registered_limit_id',
      'limits.project_id',
      'limits.domain_id',
      'limits.resource_limit',
      'limits.description',
      'registered_limits.service_id',
      'registered_limits.region_id',
      'registered_limits.resource_name',
    ]);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectLimits>['executeTakeFirstOrThrow']>>;

function fromRow(row: Row): Limit {
  const owner = { projectId: row.project_id, domainId: row.domain_id } as LimitOwner;
  return {
    id: row.id,
    registeredLimitId: row.registered_limit_id,
    ...owner,
    serviceId: row.service_id,
    regionId: row.region_id,
    resourceName: row.resource_name,
    resourceLimit: row.resource_limit,
    description: row.description,
  };
}
