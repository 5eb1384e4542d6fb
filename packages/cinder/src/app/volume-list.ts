import type { Context } from '@kumo/core/context';
import { applyFilters, type Filter, type Page, pageQuery } from '@kumo/core/db';
import type { QueryOf } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { Expression, SqlBool } from 'kysely';
import { sql } from 'kysely';
import type { listVolumesDetail } from '../api/volumes.ts';
import type { CinderDb } from '../db/schema.ts';
import type { VolumeType } from '../db/volume-types.ts';
import { toVolume, type Volume } from '../db/volumes.ts';
import { volumeNotFound } from '../errors.ts';
import { dictionary, equal, type ListPage, likeness, pageOf, scopeOf, timeFilters } from './listing.ts';
import type { VolumeTypes } from './volume-types.ts';

export type VolumeQuery = QueryOf<typeof listVolumesDetail>;

const SORTS = {
  id: 'id',
  name: 'name',
  display_name: 'name',
  status: 'status',
  size: 'size_gb',
  created_at: 'created_at',
  updated_at: 'updated_at',
  availability_zone: 'availability_zone',
  bootable: 'bootable',
  host: 'host',
} as const;

/** Lists of volumes. */
export class VolumeLists {
  readonly #db: CinderDb;
  readonly #types: VolumeTypes;
  readonly #maxPage: number;

  constructor(db: CinderDb, types: VolumeTypes, maxPage: number) {
    this.#db = db;
    this.#types = types;
    this.#maxPage = maxPage;
  }

  /** One page, with the number of all on request. */
  async page(ctx: Context, query: VolumeQuery, isAdmin: boolean): Promise<Page<Volume> & { count?: number }> {
    const page = pageOf(query, this.#maxPage, SORTS);
    const base = this.#scoped(ctx, query, isAdmin, metadataConditions(query));
    const filters = filtersOf(query, { isAdmin, types: await this.#types.all() });
    const all = page.offset === 0 ? base.selectAll() : base.selectAll().offset(page.offset);
    const { rows, hasMore } = await pageQuery(all, { ...pageOptions(page, volumeNotFound), filters });
    const found = { rows: rows.map(toVolume), hasMore };
    if (!parseBoolean(query.with_count)) return found;
    const { count } = await applyFilters(
      base.select(sql<number>`count(*)`.as('count')),
      filters,
    ).executeTakeFirstOrThrow();
    return { ...found, count: Number(count) };
  }

  /** How many there are, how much they hold, and which metadata they have. */
  async summary(ctx: Context, query: { all_tenants?: string }, isAdmin: boolean) {
    const base = this.#scoped(ctx, query, isAdmin);
    const total = await base
      .select([sql<number>`count(*)`.as('count'), sql<number>`coalesce(sum(size_gb), 0)`.as('size')])
      .executeTakeFirstOrThrow();
    const rows = await base
      .innerJoin('volume_metadata as m', 'm.owner_id', 'volumes.id')
      .select(['m.name as key', 'm.value as value'])
      .distinct()
      .orderBy('key')
      .orderBy('value')
      .execute();
    const metadata: Record<string, string[]> = {};
    for (const { key, value } of rows) metadata[key] = [...(metadata[key] ?? []), value];
    return { count: Number(total.count), sizeGb: Number(total.size), metadata };
  }

  #scoped(
    ctx: Context,
    query: { all_tenants?: string; project_id?: string },
    isAdmin: boolean,
    conditions: readonly Expression<SqlBool>[] = [],
  ) {
    const scope = scopeOf(ctx, query, isAdmin);
    let base = this.#db.q.selectFrom('volumes');
    if (scope !== undefined) base = base.where('project_id', '=', scope);
    for (const condition of conditions) base = base.where(condition);
    return base;
  }
}

/** @param notFound says that a marker names nothing, which Cinder answers as for the thing itself. */
export function pageOptions({ limit, marker, sorts }: ListPage, notFound: (id: { id: string }) => Error) {
  return { limit, marker, sorts, unknownMarker: (id: string | number) => notFound({ id: String(id) }) };
}

function filtersOf(
  query: VolumeQuery,
  { isAdmin, types }: { isAdmin: boolean; types: readonly VolumeType[] },
): Filter[] {
  const typeId =
    query.volume_type_id ?? (query.volume_type && (types.find(({ name }) => name === query.volume_type)?.id ?? ''));
  const nothing: Filter = { column: 'id', op: 'in', value: [] };
  return [
    ...equal('id', query.id),
    ...equal('name', query.name),
    ...likeness('name', query['name~']),
    ...equal('status', query.status),
    ...likeness('status', query['status~']),
    ...(isAdmin ? equal('user_id', query.user_id) : []),
    ...equal('availability_zone', query.availability_zone),
    ...equal('volume_type_id', typeId),
    ...equal('bootable', query.bootable === undefined ? undefined : Number(parseBoolean(query.bootable))),
    ...equal('multiattach', query.multiattach === undefined ? undefined : Number(parseBoolean(query.multiattach))),
    ...equal('size_gb', query.size === undefined ? undefined : Number.parseInt(query.size, 10) || 0),
    ...equal('snapshot_id', query.snapshot_id),
    ...equal('source_volid', query.source_volid),
    ...(isAdmin && query.host !== undefined ? [hostFilter(query.host)] : []),
    ...timeFilters('created_at', query.created_at),
    ...timeFilters('updated_at', query.updated_at),
    // No volume migrates, none is in a group, and each counts.
    ...(query.migration_status !== undefined || query.group_id !== undefined ? [nothing] : []),
    ...(query.consumes_quota !== undefined && !parseBoolean(query.consumes_quota) ? [nothing] : []),
  ];
}

/** A host with or without back end and pool. */
function hostFilter(host: string): Filter {
  return host.includes('#')
    ? { column: 'host', op: 'eq', value: host }
    : { column: 'host', op: 'startsWith', value: host.includes('@') ? `${host}#` : `${host}@` };
}

function metadataConditions(query: VolumeQuery): Expression<SqlBool>[] {
  const own = Object.entries(dictionary('metadata', query.metadata)).map(
    ([name, value]) =>
      sql<SqlBool>`exists (select 1 from volume_metadata m where m.owner_id = volumes.id and m.name = ${name} and m.value = ${value})`,
  );
  // What Glance said is kept as JSON, whose encoder is ours: one entry is one exact piece of text.
  const glance = Object.entries(dictionary('glance_metadata', query.glance_metadata)).map(([name, value]) => {
    const entry = JSON.stringify({ [name]: value })
      .slice(1, -1)
      .replace(/[|%_]/g, '|$&');
    return sql<SqlBool>`volumes.image_metadata like ${`%${entry}%`} escape '|'`;
  });
  return [...own, ...glance];
}
