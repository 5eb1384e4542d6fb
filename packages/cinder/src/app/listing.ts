import type { Context } from '@kumo/core/context';
import { type Filter, type FilterValue, fromIso, type Sort, toIso } from '@kumo/core/db';
import { pageSize, sortsOf } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { ListQuery } from '../api/list-query.ts';
import { invalidInput } from '../errors.ts';

/** Whose rows a list shows: all projects' for an admin who asks for them, else those of one. */
export function scopeOf(
  ctx: Context,
  query: { all_tenants?: string; project_id?: string },
  isAdmin: boolean,
): string | undefined {
  if (isAdmin && (parseBoolean(query.all_tenants) || query.project_id !== undefined)) return query.project_id;
  return ctx.projectId ?? '';
}

export interface ListPage {
  limit: number;
  offset: number;
  marker?: string;
  sorts: Sort[];
}

/** @param columns wire names of what can be sorted by, with their columns. */
export function pageOf(query: ListQuery, maxPage: number, columns: Readonly<Record<string, string>>): ListPage {
  const wanted = sortsOf(query, { keys: columns });
  const sorts = wanted.map(({ key, direction }) => ({ column: key, dir: direction }));
  return {
    limit: pageSize(query.limit, maxPage),
    offset: query.marker === undefined ? (query.offset ?? 0) : 0,
    marker: query.marker,
    sorts: sorts.length > 0 ? sorts : [{ column: 'created_at', dir: 'desc' }],
  };
}

/** Equality on a column when the query has a value for it. */
export function equal(column: string, value: FilterValue | undefined): Filter[] {
  return value === undefined ? [] : [{ column, op: 'eq', value }];
}

export function likeness(column: string, text: string | undefined): Filter[] {
  return text === undefined ? [] : [{ column, op: 'contains', value: text }];
}

const OPERATORS = { gt: 'gt', gte: 'gte', lt: 'lt', lte: 'lte', eq: 'eq', neq: 'ne' } as const;

/** `gt:2026-01-01T00:00:00,lt:…` (3.60); a time without an operator must be equal. @throws invalidInput. */
export function timeFilters(column: string, text: string | undefined): Filter[] {
  if (text === undefined) return [];
  return text.split(',').map((part) => {
    const [, operator = 'eq', time = ''] = /^(?:(gt|gte|lt|lte|eq|neq):)?(.*)$/.exec(part.trim()) ?? [];
    const at = fromIso(time);
    if (Number.isNaN(at)) throw invalidInput({ reason: `${column} is no time: ${time.slice(0, 64)}` });
    return { column, op: OPERATORS[operator as keyof typeof OPERATORS], value: toIso(at) };
  });
}

/** The text that clients make of a dictionary, `{'key': 'value'}`, or JSON. @throws invalidInput. */
export function dictionary(name: string, text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  const entry =
    /\s*(?:u?'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*:\s*(?:u?'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|$)/y;
  const inner = /^\s*\{([\s\S]*)\}\s*$/.exec(text)?.[1]?.trim();
  if (inner === undefined) throw invalidInput({ reason: `${name} must be a dictionary of texts` });
  const found: Record<string, string> = {};
  while (entry.lastIndex < inner.length) {
    const match = entry.exec(inner);
    if (!match) throw invalidInput({ reason: `${name} must be a dictionary of texts` });
    found[unescaped(match[1] ?? match[2] ?? '')] = unescaped(match[3] ?? match[4] ?? '');
  }
  return found;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}
