import { badRequest } from '@kumo/core/errors';
import { pageLinks, pickFields, type RequestFacts } from '@kumo/core/http';
import type { ListPage, ListRequest } from '../app/list-request.ts';

interface ListQuery {
  limit?: number;
  marker?: string;
  page_reverse?: string;
  sort_key?: readonly string[];
  sort_dir?: readonly string[];
  fields?: readonly string[];
}

const CONTROLS = new Set(['limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir', 'fields']);

/**
 * @param sortable wire names that can be sorted by, with the record's property.
 * @throws badRequest for a sort key that is none, or directions that do not match the keys in number.
 */
export function listRequestOf(
  query: ListQuery,
  sortable: Readonly<Record<string, string>>,
  maxPage: number,
): ListRequest {
  const { sort_key: keys = [], sort_dir: dirs = [] } = query;
  if (dirs.length > 0 && dirs.length !== keys.length) {
    throw badRequest({ message: 'The number of sort_keys and sort_dirs must be same' });
  }
  const sorts = keys.map((key, at) => {
    const property = Object.hasOwn(sortable, key) ? sortable[key] : undefined;
    if (property === undefined)
      throw badRequest({ message: `'${key.slice(0, 64)}' is an invalid attribute for sort key` });
    return { key: property, dir: (dirs[at] ?? 'asc') as 'asc' | 'desc' };
  });
  const filters = new Map<string, readonly string[]>();
  for (const [name, values] of Object.entries(query)) {
    if (!CONTROLS.has(name) && Array.isArray(values) && values.length > 0) filters.set(name, values);
  }
  const wanted = query.limit === undefined || query.limit === 0 ? maxPage : query.limit;
  const reverse = /^(?:true|1)$/i.test(query.page_reverse ?? '');
  return { filters, sorts, limit: Math.min(wanted, maxPage), marker: query.marker, reverse };
}

/** `{networks: […], networks_links: […]}`; links only where paging was asked for or the bound was met. */
export function pageBody<K extends string, T extends { id?: string }>(
  collection: K,
  page: ListPage<T>,
  options: { request: RequestFacts; list: ListRequest; fields?: readonly string[]; paged: boolean },
): Record<K, T[]> {
  const { list, request, fields } = options;
  const first = page.rows[0]?.id;
  const last = page.rows.at(-1)?.id;
  const hasNext = list.reverse ? list.marker !== undefined : page.hasMore;
  const hasPrevious = list.reverse ? page.hasMore : list.marker !== undefined;
  const links =
    options.paged || page.hasMore
      ? pageLinks(collection, request, {
          next: hasNext ? last : undefined,
          previous: hasPrevious ? first : undefined,
        })
      : {};
  const rows = page.rows.map((row) => pickFields(row, fields) as T);
  return { [collection]: rows, ...links } as Record<K, T[]>;
}
