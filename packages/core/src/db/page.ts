import { type Expression, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { applyFilters, type Filter, untyped } from './filter.ts';

export interface Sort {
  /** May be qualified; from the service's own list, never from the request. */
  column: string;
  dir?: 'asc' | 'desc';
  /** Where rows without a value stand. Default: NULL is smaller than every value (first when ascending). */
  nullsFirst?: boolean;
  /** False says that the column is NOT NULL, and lets an index give the order. Default true. */
  nullable?: boolean;
}

export interface PageOptions {
  filters?: readonly Filter[];
  sorts?: readonly Sort[];
  /** The unique, not-null column that breaks ties and that markers name. Default `id`; qualify it in a join. */
  key?: string;
  /** The direction of `key` when it is not among the sorts. Default that of the last sort. */
  keyDir?: 'asc' | 'desc';
  /** At most so many rows; all when undefined. */
  limit?: number;
  /** The `key` of the last row of the page before (with `reverse`: of the first row of the page after). */
  marker?: string | number;
  /** The error for a marker that `query`, without the filters, does not find. */
  unknownMarker?: (marker: string | number) => Error;
  /** Neutron's page_reverse: the page that ends before the marker; its rows still come in the list's order. */
  reverse?: boolean;
}

export interface Page<Row> {
  rows: Row[];
  /** The page is full: others may follow in the direction of travel, or none. OpenStack's services link to a next page then. */
  hasMore: boolean;
}

interface Order {
  column: string;
  isAscending: boolean;
  nullsFirst: boolean;
  nullable: boolean;
}

/**
 * One page of a list, by keyset: the place of the marker's row in the order is the condition, so that pages neither
 * slow down nor shift when rows come and go. What may be seen (project, not deleted) belongs into `query`, what the
 * user asked for into `filters`: a marker must be visible but need not pass the filters.
 */
export async function pageQuery<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  options: PageOptions,
): Promise<Page<O>> {
  if (options.limit === 0) return { rows: [], hasMore: false };
  const place = options.marker === undefined ? undefined : await placeOf(query, ordersOf(options), options);
  return pageOf(await pageStatement(query, options, place).execute(), options);
}

/** @param place the marker row's, of the columns in the order */
export function pageStatement<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  options: PageOptions,
  place?: readonly unknown[],
): SelectQueryBuilder<DB, TB, O> {
  const { filters = [], limit } = options;
  const orders = ordersOf(options);
  let page = applyFilters(query, filters);
  if (place) page = page.where(after(orders, place));
  for (const { column, isAscending, nullsFirst, nullable } of orders) {
    page = page.orderBy(sql.ref(column), (item) => {
      const directed = isAscending ? item.asc() : item.desc();
      if (!nullable) return directed;
      return nullsFirst ? directed.nullsFirst() : directed.nullsLast();
    });
  }
  return limit === undefined ? page : page.limit(limit);
}

/** @param rows what `pageStatement` found */
export function pageOf<Row>(rows: Row[], { limit, reverse = false }: PageOptions): Page<Row> {
  return { rows: reverse ? rows.reverse() : rows, hasMore: rows.length > 0 && rows.length === limit };
}

/** The sorts and, last, the key; the other way round when walking backwards. */
function ordersOf({ sorts = [], key = 'id', keyDir, reverse = false }: PageOptions): Order[] {
  const named = sorts.findIndex(({ column }) => column === key);
  // Nothing after a unique column has a say.
  const used = named < 0 ? sorts : sorts.slice(0, named);
  const dir = named < 0 ? (keyDir ?? sorts.at(-1)?.dir) : sorts[named]!.dir;
  return [...used, { column: key, dir, nullable: false }].map((sort) => {
    const isAscending = (sort.dir ?? 'asc') === 'asc';
    const nullsFirst = sort.nullsFirst ?? isAscending;
    return {
      column: sort.column,
      isAscending: isAscending !== reverse,
      nullsFirst: nullsFirst !== reverse,
      nullable: sort.nullable ?? true,
    };
  });
}

/** The marker row's values of the columns in the order. */
async function placeOf<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  orders: readonly Order[],
  { key = 'id', marker, unknownMarker }: PageOptions,
): Promise<unknown[]> {
  const row = await query
    .clearSelect()
    .clearOrderBy()
    .select(orders.map(({ column }, at) => sql.ref<unknown>(column).as(`place${at}`)))
    .where(untyped()(sql.ref(key), '=', marker))
    .executeTakeFirst();
  if (!row) throw unknownMarker?.(marker!) ?? new Error(`There is no row with the marker ${marker}`);
  return orders.map((_, at) => (row as Record<string, unknown>)[`place${at}`]);
}

/** (a after x) or (a = x and b after y) or …, with a plain bound on the first column in front, which an index can use. */
function after(orders: readonly Order[], place: readonly unknown[]): Expression<SqlBool> {
  const eb = untyped();
  const steps = orders.map((order, at) => {
    const same = orders.slice(0, at).map(({ column }, before) => equals(column, place[before]));
    return eb.and([...same, beyond(order, place[at])]);
  });
  const first = orders[0]!;
  if (first.nullable) return eb.or(steps);
  return eb.and([eb(sql.ref(first.column), first.isAscending ? '>=' : '<=', place[0]), eb.or(steps)]);
}

function equals(column: string, value: unknown): Expression<SqlBool> {
  const eb = untyped();
  return value === null ? eb(sql.ref(column), 'is', null) : eb(sql.ref(column), '=', value);
}

function beyond({ column, isAscending, nullsFirst, nullable }: Order, value: unknown): Expression<SqlBool> {
  const eb = untyped();
  const ref = sql.ref(column);
  if (value === null) return nullsFirst ? eb(ref, 'is not', null) : sql<SqlBool>`1 = 0`;
  const further = eb(ref, isAscending ? '>' : '<', value);
  return nullable && !nullsFirst ? eb.or([further, eb(ref, 'is', null)]) : further;
}
