import { fromIso, toIso } from '@kumo/core/db';
import type { ForeignFlag, ForeignOption, ForeignTime } from './foreign-tables.ts';

/** The codes under which Keystone stores the options of users, projects and roles. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  IMMU: 'immutable',
  '1000': 'ignore_change_password_upon_first_use',
  '1001': 'ignore_password_expiry',
  '1002': 'ignore_lockout_failure_attempts',
  '1003': 'lock_password',
  '1004': 'ignore_user_inactivity',
  MFAR: 'multi_factor_auth_rules',
  MFAE: 'multi_factor_auth_enabled',
};

/** 1 or 0. @param absent what a null counts as. */
export function flag(value: ForeignFlag, absent: 0 | 1 = 0): 0 | 1 {
  if (value === null) return absent;
  return value === true || Number(value) === 1 ? 1 : 0;
}

/** A time as Kumo keeps it. */
export function time(value: ForeignTime): string | null {
  if (value === null) return null;
  // PostgreSQL's driver takes a time without a zone for local time.
  if (value instanceof Date) return toIso(value.getTime() - value.getTimezoneOffset() * 60_000);
  return toIso(fromIso(value.replace(' ', 'T')));
}

/** The same from microseconds since the epoch. */
export function timeOfMicros(value: number | string | null): string | null {
  return value === null ? null : toIso(Number(value) / 1000);
}

/** A JSON object's text, or one without anything. */
export function object(text: string | null): Record<string, unknown> {
  const parsed: unknown = text ? JSON.parse(text) : {};
  return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
}

/** Options by their names; codes that nobody knows are passed over. */
export function options(rows: readonly ForeignOption[]): Record<string, unknown> {
  return Object.fromEntries(
    rows.flatMap(({ option_id, option_value }) => {
      const name = OPTION_NAMES[option_id];
      return name === undefined ? [] : [[name, JSON.parse(option_value ?? 'null') as unknown]];
    }),
  );
}
