import {
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';

export type FilterValue = string | number | boolean | null;

/**
 * One condition of a list. `column` may be qualified (`volumes.status`) and must come from the service's own list of
 * filters, never from the request. `eq`/`ne` with null mean is/is not NULL; `like` takes `%` and `_`; `contains`,
 * `startsWith` and `endsWith` take text as it is. All comparisons are byte by byte, but those that say `ignoreCase`.
 */
export type Filter =
  | { column: string; op: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'; value: FilterValue }
  | { column: string; op: 'in' | 'notIn'; value: readonly FilterValue[] }
  | { column: string; op: 'like' | 'notLike'; value: string }
  | { column: string; op: 'contains' | 'startsWith' | 'endsWith'; value: string; ignoreCase?: boolean };

const COMPARISONS = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** Adds all the conditions to a query. */
export function applyFilters<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  filters: readonly Filter[],
): SelectQueryBuilder<DB, TB, O> {
  return filters.reduce((filtered, filter) => filtered.where(condition(filter)), query);
}

/** Columns are checked by their callers' types, where they have any; here they are names that are only known when running. */
export const untyped = (): ExpressionBuilder<Record<string, Record<string, unknown>>, never> => expressionBuilder();

function condition(filter: Filter): Expression<SqlBool> {
  const column = sql.ref<unknown>(filter.column);
  switch (filter.op) {
    case 'in':
    case 'notIn':
      return membership(column, filter.value, filter.op === 'in');
    case 'like':
      return sql<SqlBool>`${column} like ${filter.value} escape '|'`;
    case 'notLike':
      return sql<SqlBool>`${column} not like ${filter.value} escape '|'`;
    case 'contains':
      return likeness(column, `%${escapeLike(filter.value)}%`, filter.ignoreCase);
    case 'startsWith':
      return likeness(column, `${escapeLike(filter.value)}%`, filter.ignoreCase);
    case 'endsWith':
      return likeness(column, `%${escapeLike(filter.value)}`, filter.ignoreCase);
    default:
      if (filter.value === null) return nullCondition(column, filter.op);
      return untyped()(column, COMPARISONS[filter.op], filter.value);
  }
}

function likeness(column: Expression<unknown>, pattern: string, ignoreCase = false): Expression<SqlBool> {
  if (ignoreCase) return sql<SqlBool>`lower(${column}) like lower(${pattern}) escape '|'`;
  return sql<SqlBool>`${column} like ${pattern} escape '|'`;
}

function nullCondition(column: Expression<unknown>, op: keyof typeof COMPARISONS): Expression<SqlBool> {
  if (op === 'eq') return untyped()(column, 'is', null);
  if (op === 'ne') return untyped()(column, 'is not', null);
  return sql<SqlBool>`1 = 0`;
}

/** NULL among the values means rows without a value, as one would think, not SQL's "unknown". */
function membership(column: Expression<unknown>, values: readonly FilterValue[], isIn: boolean): Expression<SqlBool> {
  const known = values.filter((value) => value !== null);
  const eb = untyped();
  const some: Expression<SqlBool>[] = known.length > 0 ? [eb(column, isIn ? 'in' : 'not in', known)] : [];
  if (known.length < values.length) some.push(eb(column, isIn ? 'is' : 'is not', null));
  if (some.length === 0) return isIn ? sql<SqlBool>`1 = 0` : sql<SqlBool>`1 = 1`;
  return isIn ? eb.or(some) : eb.and(some);
}

/** `|` is the escape character, because a backslash is read differently in the three databases' literals. */
function escapeLike(text: string): string {
  return text.replace(/[|%_]/g, '|$&');
}
