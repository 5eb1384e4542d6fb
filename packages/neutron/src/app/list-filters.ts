import type { Filter } from '@kumo/core/db';
import { badRequest } from '@kumo/core/errors';
import type { PageRequest, UntypedSelect } from '../db/table.ts';
import { whereTagged } from '../db/tags.ts';
import type { ListRequest } from './list-request.ts';

/** How one filter of a list is answered: by a column, or by a condition of its own. */
export type FilterSpec =
  | { column: string; kind: 'text' | 'bool' | 'int' }
  | { where: (query: UntypedSelect, values: readonly string[]) => UntypedSelect };

const text = (column: string): FilterSpec => ({ column, kind: 'text' });

const STANDARD: Readonly<Record<string, FilterSpec>> = {
  id: text('id'),
  name: text('name'),
  project_id: text('project_id'),
  tenant_id: text('project_id'),
  description: text('description'),
  revision_number: { column: 'revision_number', kind: 'int' },
  tags: tagged('all', false),
  'tags-any': tagged('any', false),
  'not-tags': tagged('all', true),
  'not-tags-any': tagged('any', true),
  changed_since: {
    where: (query, [since = '']) => query.where('updated_at', '>=', since.replace(' ', 'T').replace(/Z$/, '')),
  },
};

/**
 * The list's filters and order as the database takes them.
 *
 * @param specs the resource's own filters; null takes a standard one away that it has no attribute for.
 * @param scope narrows what the caller may see at all.
 * @throws badRequest for a value that cannot be what the attribute is.
 */
export function pageRequestOf(
  request: ListRequest,
  specs: Readonly<Record<string, FilterSpec | null>>,
  scope?: (query: UntypedSelect) => UntypedSelect,
): PageRequest {
  const filters: Filter[] = [];
  const conditions: ((query: UntypedSelect) => UntypedSelect)[] = scope ? [scope] : [];
  for (const [name, values] of request.filters) {
    const spec = Object.hasOwn(specs, name) ? specs[name] : STANDARD[name];
    if (!spec) throw badRequest({ message: `'${name}' is invalid attribute for filter.` });
    if ('where' in spec) conditions.push((query) => spec.where(query, values));
    else
      filters.push({ column: spec.column, op: 'in', value: values.map((value) => valueFor(name, spec.kind, value)) });
  }
  return {
    filters,
    sorts: request.sorts,
    limit: request.limit,
    marker: request.marker,
    reverse: request.reverse,
    unknownMarker: (marker) =>
      badRequest({ message: `Invalid marker: ${String(marker).slice(0, 64)} could not be found.` }),
    where: (query) => conditions.reduce((narrowed, condition) => condition(narrowed), query),
  };
}

/** Rows of the caller's own project. */
export function ownedBy(projectId: string): (query: UntypedSelect) => UntypedSelect {
  return (query) => query.where('project_id', '=', projectId);
}

function tagged(match: 'all' | 'any', negated: boolean): FilterSpec {
  return {
    where: (query, values) =>
      whereTagged(
        query,
        values.flatMap((value) => value.split(',')),
        { match, negated },
      ),
  };
}

function valueFor(name: string, kind: 'text' | 'bool' | 'int', value: string): string | number {
  if (kind === 'text') return value;
  if (kind === 'int') {
    if (/^-?\d{1,15}$/.test(value)) return Number(value);
    throw badRequest({ message: `'${value.slice(0, 64)}' is not a valid value of ${name}: it is no integer.` });
  }
  if (/^(?:true|1|yes|on)$/i.test(value)) return 1;
  if (/^(?:false|0|no|off)$/i.test(value)) return 0;
  throw badRequest({ message: `'${value.slice(0, 64)}' is not a valid value of ${name}: it is no boolean.` });
}
