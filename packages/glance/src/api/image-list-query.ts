import { type Filter, fromIso, type Sort, toIso } from '@kumo/core/db';
import { type QueryOf, sortsOf } from '@kumo/core/http';
import { isDateTime, parseBoolean } from '@kumo/core/schema';
import type { GlanceConfig } from '../config.ts';
import type { ImageListOptions, Viewer } from '../db/image-list.ts';
import { invalidFilter, invalidMarker, sortMixed } from '../errors.ts';
import { listImages } from './images.ts';

type Query = QueryOf<typeof listImages>;
type Comparison = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte';

const known = new Set(Object.keys(listImages.query.properties));
/** These take `in:a,b` as well. */
const listed = ['id', 'name', 'status', 'container_format', 'disk_format'] as const;
const exact = [
  'owner',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'min_disk',
  'min_ram',
  'size',
  'virtual_size',
] as const;
const times = ['created_at', 'updated_at'] as const;
const comparisons: Readonly<Record<string, Comparison>> = {
  eq: 'eq',
  neq: 'ne',
  gt: 'gt',
  gte: 'gte',
  lt: 'lt',
  lte: 'lte',
};
const sortColumns = {
  name: 'images.name',
  status: 'images.status',
  container_format: 'images.container_format',
  disk_format: 'images.disk_format',
  size: 'images.size',
  id: 'images.id',
  created_at: 'images.created_at',
  updated_at: 'images.updated_at',
} as const;
const notNull = ['images.status', 'images.id', 'images.created_at', 'images.updated_at'];

/** A list as it was asked for. @throws invalidFilter, sortMixed, or badRequest for a sort key. */
export function listOptions(query: Query, viewer: Viewer, config: GlanceConfig): ImageListOptions {
  return {
    viewer,
    visibility: (query.visibility as ImageListOptions['visibility'] | undefined) ?? 'default',
    memberStatus: (query.member_status as ImageListOptions['memberStatus'] | undefined) ?? 'accepted',
    filters: filtersOf(query),
    tags: query.tag ?? [],
    properties: propertiesOf(query),
    sorts: orderOf(query),
    keyDir: 'desc',
    limit: Math.min(query.limit ?? config.pageSize, config.maxPageSize),
    marker: query.marker,
    unknownMarker: (marker) => invalidMarker({ marker }),
  };
}

function filtersOf(query: Query): Filter[] {
  const filters: Filter[] = [
    { column: 'images.os_hidden', op: 'eq', value: Number(parseBoolean(query.os_hidden, false)) },
  ];
  for (const name of listed) {
    const text = query[name];
    if (text !== undefined) filters.push(membership(name, text));
  }
  for (const name of exact) {
    const value = query[name];
    if (value !== undefined) filters.push({ column: `images.${name}`, op: 'eq', value });
  }
  for (const name of times) {
    const text = query[name];
    if (text !== undefined) filters.push(...moment(name, text));
  }
  if (query.protected !== undefined)
    filters.push({ column: 'images.protected', op: 'eq', value: Number(parseBoolean(query.protected)) });
  if (query.size_min !== undefined) filters.push({ column: 'images.size', op: 'gte', value: query.size_min });
  if (query.size_max !== undefined) filters.push({ column: 'images.size', op: 'lte', value: query.size_max });
  return filters;
}

function membership(name: string, text: string): Filter {
  const column = `images.${name}`;
  if (!text.startsWith('in:')) return { column, op: 'eq', value: text };
  const list = text.slice(3);
  // A value with a comma is quoted: in:"a,b",c
  if (!/^(?:"[^"]*"|[^",]*)(?:,(?:"[^"]*"|[^",]*))*$/.test(list))
    throw invalidFilter({ name, reason: 'quotes must enclose whole values.' });
  const values = [...list.matchAll(/(?:^|,)(?:"([^"]*)"|([^",]*))/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  return { column, op: 'in', value: values };
}

/** Glance knows seconds: `eq` means any moment of that second. */
function moment(name: string, text: string): Filter[] {
  const column = `images.${name}`;
  const operator = /^[a-z]+(?=:)/.exec(text)?.[0];
  const comparison = operator === undefined ? 'eq' : comparisons[operator];
  const stamp = operator === undefined ? text : text.slice(operator.length + 1);
  if (comparison === undefined || !isDateTime(stamp))
    throw invalidFilter({
      name,
      reason: 'it must be a time in ISO 8601, with eq:, neq:, gt:, gte:, lt: or lte: before it.',
    });
  const second = Math.floor(fromIso(stamp.replace(' ', 'T')) / 1000) * 1000;
  const from = toIso(second);
  const to = toIso(second + 1000);
  switch (comparison) {
    case 'eq':
      return [
        { column, op: 'gte', value: from },
        { column, op: 'lt', value: to },
      ];
    case 'ne':
      return [{ column, op: 'notLike', value: `${from.slice(0, 19)}%` }];
    case 'gt':
      return [{ column, op: 'gte', value: to }];
    case 'gte':
      return [{ column, op: 'gte', value: from }];
    case 'lt':
      return [{ column, op: 'lt', value: from }];
    case 'lte':
      return [{ column, op: 'lt', value: to }];
  }
}

function propertiesOf(query: Query): Record<string, string> {
  const asked = Object.entries(query).filter(([name]) => !known.has(name));
  const found = Object.fromEntries(asked.map(([name, value]) => [name, String(value)]));
  if (Object.keys(found).length > 32) throw invalidFilter({ name: 'properties', reason: 'at most 32 are accepted.' });
  return found;
}

function orderOf(query: Query): Sort[] {
  if (query.sort !== undefined && (query.sort_key !== undefined || query.sort_dir !== undefined)) throw sortMixed();
  const asked = sortsOf(query, { keys: sortColumns, direction: 'desc' });
  const sorts: Sort[] = asked.map(({ key, direction }) => ({
    column: key,
    dir: direction,
    nullable: !notNull.includes(key),
  }));
  if (sorts.every(({ column }) => column !== sortColumns.created_at))
    sorts.push({
      column: sortColumns.created_at,
      dir: asked.length === 0 ? (direction(query) ?? 'desc') : 'desc',
      nullable: false,
    });
  return sorts;
}

/** A direction without a key is that of the default key. */
function direction({ sort_dir: [first] = [] }: Query): 'asc' | 'desc' | undefined {
  return first === undefined ? undefined : (first.toLowerCase() as 'asc' | 'desc');
}
