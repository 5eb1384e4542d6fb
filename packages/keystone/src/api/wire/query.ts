import { type Filter, fromIso, toIso } from '@kumo/core/db';
import { invalid } from '../../errors.ts';

/** A truth value in a query as Keystone reads it: `?nocatalog` is true, `0`, `false`, `no` and `off` are false. */
export function flag(value: string | undefined): boolean {
  return value !== undefined && !/^(?:0|false|no|off|n|f)$/i.test(value);
}

/** A switch in a query (`?effective`): on when it is there, whatever its value but for `0`. */
export function isSwitchedOn(value: string | undefined): boolean {
  return value !== undefined && value !== '0';
}

interface NameSearch {
  readonly name?: string;
  readonly name__contains?: string;
  readonly name__startswith?: string;
}

/** The conditions of a query's `name…` parameters. */
export function nameFilters(query: NameSearch): Filter[] {
  const filters: Filter[] = [];
  if (query.name !== undefined) filters.push({ column: 'name', op: 'eq', value: query.name });
  if (query.name__contains !== undefined) filters.push({ column: 'name', op: 'contains', value: query.name__contains });
  if (query.name__startswith !== undefined)
    filters.push({ column: 'name', op: 'startsWith', value: query.name__startswith });
  return filters;
}

/** Conditions of equality for what is given. */
export function equalities(wanted: Readonly<Record<string, string | number | undefined>>): Filter[] {
  const filters: Filter[] = [];
  for (const [column, value] of Object.entries(wanted))
    if (value !== undefined) filters.push({ column, op: 'eq', value });
  return filters;
}

/** 0 or 1 for a column, undefined when it was not asked for. */
export function flagValue(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(flag(value));
}

/** `name=…` in a query that uses the list's own names; texts of a comma-separated list. */
export function commaList(value: string | undefined): string[] | undefined {
  return value === undefined ? undefined : value.split(',').filter((one) => one !== '');
}

/** `lt:2026-11-22T15:00:00Z`; without an operator the very time. */
export function timeFilter(text: string): { op: 'lt' | 'lte' | 'gt' | 'gte' | 'eq' | 'ne'; time: string } {
  const [, name = 'eq', value = ''] = /^(?:(lt|lte|gt|gte|eq|neq):)?(.*)$/.exec(text) ?? [];
  const moment = fromIso(value);
  if (Number.isNaN(moment))
    throw invalid({ message: `Invalid input for query parameters password_expires_at. Value: ${text}.` });
  return { op: name === 'neq' ? 'ne' : (name as 'lt'), time: toIso(moment) };
}
