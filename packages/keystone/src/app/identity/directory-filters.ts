import type { Filter } from '@kumo/core/db';
import type { NameSearch } from '../../drivers/identity/directory.ts';

/** Conditions of a list, as a directory can be asked, and what is left to be looked at entry by entry. */
export interface DirectoryConditions {
  readonly names: readonly NameSearch[];
  readonly fits: (row: Readonly<Record<string, unknown>>) => boolean;
}

const NAME_OPERATORS = new Set(['eq', 'contains', 'startsWith', 'endsWith']);

/** @param filters of columns of the tables; `valueAt` says what a row of the directory has in their place. */
export function directoryConditions(
  filters: readonly Filter[],
  valueAt: (row: Readonly<Record<string, unknown>>, column: string) => unknown,
): DirectoryConditions {
  const names: NameSearch[] = [];
  const rest: Filter[] = [];
  for (const filter of filters) {
    const isName = filter.column === 'name' && NAME_OPERATORS.has(filter.op) && typeof filter.value === 'string';
    if (isName) names.push({ op: filter.op as NameSearch['op'], value: filter.value as string });
    // Directories compare without case: of parts of names those are left out that differ in it.
    const isExact = isName && (filter.op === 'eq' || ('ignoreCase' in filter && filter.ignoreCase === true));
    if (!isExact) rest.push(filter);
  }
  return { names, fits: (row) => rest.every((filter) => isMet(filter, valueAt(row, filter.column))) };
}

function isMet(filter: Filter, found: unknown): boolean {
  const value = (typeof found === 'boolean' ? Number(found) : (found ?? null)) as string | number | null;
  switch (filter.op) {
    case 'in':
      return filter.value.includes(value);
    case 'notIn':
      return !filter.value.includes(value);
    case 'eq':
      return value === filter.value;
    case 'ne':
      return value !== filter.value;
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return typeof value === 'string' && isLike(value, filter);
    case 'like':
    case 'notLike':
      throw new Error(`a directory has no ${filter.op}`);
    default:
      return value !== null && filter.value !== null && isOrdered(value, filter.op, filter.value as string | number);
  }
}

function isLike(value: string, filter: Extract<Filter, { op: 'contains' | 'startsWith' | 'endsWith' }>): boolean {
  const [text, part] = filter.ignoreCase ? [value.toLowerCase(), filter.value.toLowerCase()] : [value, filter.value];
  if (filter.op === 'contains') return text.includes(part);
  return filter.op === 'startsWith' ? text.startsWith(part) : text.endsWith(part);
}

function isOrdered(value: string | number, op: 'gt' | 'gte' | 'lt' | 'lte', bound: string | number): boolean {
  if (op === 'gt') return value > bound;
  if (op === 'gte') return value >= bound;
  return op === 'lt' ? value < bound : value <= bound;
}
