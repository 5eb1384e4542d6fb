import type { Attributes } from '@opentelemetry/api';

const READING_METHODS: ReadonlySet<unknown> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a trace that begins here is worth keeping: a request that changes something (`http.method`), or one that asks for
 * it (`kumo.sample: true`). Reads and periodic work are the bulk of the traffic and the least of the interest.
 */
export function rootIsSampled(attributes: Attributes | undefined): boolean {
  if (attributes === undefined) return false;
  if (attributes['kumo.sample'] === true) return true;
  const method = attributes['http.method'];
  return method !== undefined && !READING_METHODS.has(method);
}
