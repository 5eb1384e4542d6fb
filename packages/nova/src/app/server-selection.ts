import type { Context } from '@kumo/core/context';
import { type Filter, fromIso, type Sort, toIso } from '@kumo/core/db';
import { forbidden } from '@kumo/core/errors';
import { pageSize } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { ServerSelection } from '../db/server-list.ts';
import { invalidRequest } from '../errors.ts';
import { statesOf } from './server-status.ts';

/** A list's query: filters under their API names, what the caller may, and how an invalid status is taken. */
export interface ServerQuery {
  filters: Readonly<Record<string, string | undefined>>;
  statuses: readonly string[];
  sorts: readonly { key: string; direction: 'asc' | 'desc' }[];
  limit?: number;
  marker?: string;
  /** May list what belongs to others. */
  allTenants: boolean;
  /** May use every filter. */
  isAdmin: boolean;
  /** From 2.38 on a status that is none is refused; before, nothing has it. */
  strictStatus: boolean;
  /** From 2.83 on users may use most filters. */
  wideFilters: boolean;
}

const SORT_COLUMNS: Record<string, string> = {
  access_ip_v4: 'access_ipv4',
  access_ip_v6: 'access_ipv6',
  availability_zone: 'availability_zone',
  config_drive: 'config_drive',
  created_at: 'created_at',
  display_description: 'description',
  display_name: 'name',
  host: 'host',
  hostname: 'hostname',
  image_ref: 'image_ref',
  instance_type_id: 'flavor_id',
  key_name: 'key_name',
  launch_index: 'launch_index',
  launched_at: 'launched_at',
  locked: 'locked_by',
  node: 'node',
  power_state: 'power_state',
  progress: 'progress',
  project_id: 'project_id',
  root_device_name: 'root_device_name',
  task_state: 'task_state',
  terminated_at: 'terminated_at',
  updated_at: 'updated_at',
  user_id: 'user_id',
  uuid: 'id',
  vm_state: 'vm_state',
};
const ADMIN_SORTS = new Set(['host', 'node', 'launched_at']);
/** Wire names that a list can be sorted by. */
export const sortableKeys = Object.fromEntries(Object.keys(SORT_COLUMNS).map((key) => [key, key]));

const TEXT_FILTERS: Record<string, string> = {
  image: 'image_ref',
  flavor: 'flavor_id',
  host: 'host',
  node: 'node',
  hostname: 'hostname',
  user_id: 'user_id',
  project_id: 'project_id',
  tenant_id: 'project_id',
  reservation_id: 'reservation_id',
  uuid: 'id',
  key_name: 'key_name',
  vm_state: 'vm_state',
  task_state: 'task_state',
  availability_zone: 'availability_zone',
  access_ip_v4: 'access_ipv4',
  access_ip_v6: 'access_ipv6',
  root_device_name: 'root_device_name',
};
const NUMBER_FILTERS: Record<string, string> = {
  power_state: 'power_state',
  launch_index: 'launch_index',
  progress: 'progress',
};
const TIME_FILTERS: Record<string, string> = {
  created_at: 'created_at',
  launched_at: 'launched_at',
  terminated_at: 'terminated_at',
};

const EVERYBODYS = [
  'reservation_id',
  'name',
  'image',
  'flavor',
  'ip',
  'ip6',
  'changes-since',
  'changes-before',
  'locked',
  'tags',
  'tags-any',
  'not-tags',
  'not-tags-any',
];
const EVERYBODYS_LATER = [
  'availability_zone',
  'config_drive',
  'key_name',
  'created_at',
  'launched_at',
  'terminated_at',
  'power_state',
  'task_state',
  'vm_state',
  'progress',
  'user_id',
];

/** Filters that a user may not use are passed over, as Nova does. */
function usable({ filters, isAdmin, wideFilters }: ServerQuery): Readonly<Record<string, string | undefined>> {
  if (isAdmin) return filters;
  const allowed = new Set(wideFilters ? [...EVERYBODYS, ...EVERYBODYS_LATER] : EVERYBODYS);
  return Object.fromEntries(Object.entries(filters).filter(([name]) => allowed.has(name)));
}

/** The query in the database's terms; `nothing` when no server can match. */
export function selectionOf(
  ctx: Context,
  query: ServerQuery,
  maxPageSize: number,
): Omit<ServerSelection, 'unknownMarker'> | 'nothing' {
  const filters = usable(query);
  const states = query.statuses.map(statesOf);
  if (states.some((found) => found === undefined)) {
    const wrong = query.statuses.filter((_, at) => states[at] === undefined).map((text) => text.slice(0, 64));
    if (query.strictStatus) throw invalidRequest({ message: `There is no status of servers ${wrong.join(', ')}.` });
    if (states.every((found) => found === undefined)) return 'nothing';
  }
  const known = states.filter((found) => found !== undefined);
  const asksDeleted = known.some(({ vmStates }) => vmStates.includes('deleted'));
  if (asksDeleted && !query.isAdmin) throw forbidden({ rule: 'listing deleted instances' });
  for (const { key } of query.sorts)
    if (ADMIN_SORTS.has(key) && !query.isAdmin) throw forbidden({ rule: `sorting by ${key}` });
  return {
    projectId: query.allTenants ? undefined : (ctx.projectId ?? ''),
    deleted: deletedOf(filters, asksDeleted),
    anyOf: known.length > 0 ? [known] : [],
    filters: conditionsOf(filters),
    tags: {
      all: words(filters.tags),
      any: words(filters['tags-any']),
      notAll: words(filters['not-tags']),
      none: words(filters['not-tags-any']),
    },
    sorts: sortsOf(query.sorts),
    limit: pageSize(query.limit, maxPageSize),
    marker: query.marker,
  };
}

function sortsOf(sorts: ServerQuery['sorts']): Sort[] {
  if (sorts.length === 0) return [{ column: 'created_at', dir: 'desc', nullable: false }];
  return sorts.map(({ key, direction }) => ({ column: SORT_COLUMNS[key]!, dir: direction }));
}

/** Those that were deleted are shown when asked for, and beside the others with `changes-since`. */
function deletedOf(filters: Readonly<Record<string, string | undefined>>, asksDeleted: boolean): boolean | undefined {
  if (asksDeleted) return true;
  if (filters.deleted !== undefined) return parseBoolean(filters.deleted);
  return filters['changes-since'] === undefined && filters['changes-before'] === undefined ? false : undefined;
}

const words = (text: string | undefined) => text?.split(',').filter((word) => word !== '');

function conditionsOf(filters: Readonly<Record<string, string | undefined>>): Filter[] {
  const found: Filter[] = [];
  for (const [name, value] of Object.entries(filters)) {
    if (value === undefined) continue;
    if (Object.hasOwn(TEXT_FILTERS, name)) found.push({ column: TEXT_FILTERS[name]!, op: 'eq', value });
    else if (Object.hasOwn(NUMBER_FILTERS, name))
      found.push({ column: NUMBER_FILTERS[name]!, op: 'eq', value: numberOf(name, value) });
    else if (Object.hasOwn(TIME_FILTERS, name))
      found.push({ column: TIME_FILTERS[name]!, op: 'startsWith', value: value.replace(/Z$/, '') });
    else found.push(...specialCondition(name, value));
  }
  return found;
}

function specialCondition(name: string, value: string): Filter[] {
  switch (name) {
    case 'name':
      return [likeOf('name', value)];
    case 'description':
      return [likeOf('description', value)];
    case 'ip':
    case 'ip6':
      return [
        {
          column: 'network_info',
          op: 'contains',
          value: `"address":"${value.replace(/^\^|\$$/g, '').replaceAll('\\.', '.')}`,
        },
      ];
    case 'config_drive':
      return [{ column: 'config_drive', op: 'eq', value: Number(parseBoolean(value)) }];
    case 'locked':
      return [{ column: 'locked_by', op: parseBoolean(value) ? 'ne' : 'eq', value: null }];
    case 'changes-since':
      return [{ column: 'updated_at', op: 'gte', value: moment(value) }];
    case 'changes-before':
      return [{ column: 'updated_at', op: 'lte', value: moment(value) }];
    default:
      return [];
  }
}

const moment = (text: string) => toIso(fromIso(text.replace(' ', 'T')));

function numberOf(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number))
    throw invalidRequest({
      message: `Invalid input for query parameters ${name}. Value: ${value}. ${value} is not an integer`,
    });
  return number;
}

/** Nova's regular expressions on names, as far as SQL's LIKE goes: `^`, `$`, `.`, `.*`; other text stands for itself. */
function likeOf(column: string, pattern: string): Filter {
  const anchored = { start: pattern.startsWith('^'), end: pattern.endsWith('$') && !pattern.endsWith('\\$') };
  const inner = pattern.slice(anchored.start ? 1 : 0, anchored.end ? -1 : undefined);
  const like = inner.replace(/\\(.)|\.\*|\.|[|%_]/g, (token, escaped: string | undefined) => {
    if (escaped !== undefined) return literal(escaped);
    if (token === '.*') return '%';
    return token === '.' ? '_' : literal(token);
  });
  return { column, op: 'like', value: `${anchored.start ? '' : '%'}${like}${anchored.end ? '' : '%'}` };
}

const literal = (character: string) => (/[|%_]/.test(character) ? `|${character}` : character);
