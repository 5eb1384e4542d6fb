import { fromIso } from '@kumo/core/db';
import { invalid } from '../errors.ts';

const MOMENT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?Z?$/;

/**
 * When a trust or an application credential shall end, as the databases keep it, to the microsecond.
 * @throws invalid for what is no time, or is over.
 */
export function expiryOf(text: string | null | undefined): string | null {
  if (text == null) return null;
  const [, day, time, fraction = ''] = MOMENT.exec(text) ?? [];
  const moment = fromIso(`${day}T${time}Z`);
  if (Number.isNaN(moment) || !new Date(moment).toISOString().startsWith(`${day}`))
    throw invalid({ message: 'Timestamp not in expected format. The server could not comply with the request.' });
  const iso = `${day}T${time}.${fraction.slice(0, 6).padEnd(6, '0')}`;
  if (isOver(iso))
    throw invalid({
      message: "The 'expires_at' must not be before now. The server could not comply with the request.",
    });
  return iso;
}

/** Null: never. */
export function isOver(expiresAt: string | null): boolean {
  return expiresAt !== null && fromIso(expiresAt) <= Date.now();
}

/** Whole seconds since the epoch; undefined: never. */
export function secondsOf(expiresAt: string | null): number | undefined {
  return expiresAt === null ? undefined : Math.floor(fromIso(expiresAt) / 1000);
}
