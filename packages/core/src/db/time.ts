let lastMicros = 0;

/**
 * The present as the text that the databases keep and OpenStack prints: `2026-11-22T15:00:00.000000`, UTC, sortable.
 * Two calls in one process never give the same or a falling value while the clock itself does not step back.
 */
export function nowIso(): string {
  const now = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  const wall = Date.now() * 1000;
  // performance.now() does not follow a clock that is set; the wall clock decides when the two have drifted apart.
  const micros = Math.abs(now - wall) > 50_000 ? wall : now;
  lastMicros = micros > lastMicros || lastMicros - micros > 1_000_000 ? micros : lastMicros + 1;
  return isoOfMicros(lastMicros);
}

/** Any moment in the same form. */
export function toIso(moment: Date | number): string {
  return isoOfMicros((typeof moment === 'number' ? moment : moment.getTime()) * 1000);
}

/** Milliseconds since the epoch of a time in that form (microseconds are cut off); NaN when it is not a time. */
export function fromIso(iso: string): number {
  return Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(iso) ? iso : `${iso}Z`);
}

function isoOfMicros(micros: number): string {
  const whole = Math.floor(micros);
  const rest = ((whole % 1000) + 1000) % 1000;
  return `${new Date(Math.floor(whole / 1000)).toISOString().slice(0, 23)}${String(rest).padStart(3, '0')}`;
}
