import type { Filter } from '@kumo/core/db';

const SEARCHES = { contains: 'contains', startswith: 'startsWith', endswith: 'endsWith' } as const;

/**
 * The conditions of a query's filters: `name`, and Keystone's searches of the same, `name__contains`, `name__startswith`,
 * `name__endswith`, with an `i` before the operator without regard to case. Other operators are passed over, as there.
 * @param columns what may be asked for, by its name in the query.
 */
export function searches(
  query: Readonly<Record<string, unknown>>,
  columns: Readonly<Record<string, string>>,
): Filter[] {
  return Object.entries(query).flatMap(([key, value]): Filter[] => {
    if (typeof value !== 'string') return [];
    const [name = '', operator, ...rest] = key.split('__');
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (column === undefined || rest.length > 0) return [];
    if (operator === undefined) return [{ column, op: 'eq', value }];
    const [, folded, search = ''] = /^(i?)(\w+)$/.exec(operator) ?? [];
    if (!Object.hasOwn(SEARCHES, search)) return [];
    return [{ column, op: SEARCHES[search as keyof typeof SEARCHES], value, ignoreCase: folded === 'i' }];
  });
}

/** The columns of filters that are called like them. */
export function sameNames(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]));
}
