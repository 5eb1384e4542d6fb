import { createHash } from 'node:crypto';
import type { GuestSpec } from './driver.ts';

/** Equal for equal specs, whatever the order of their keys; tells nothing about the secrets a config drive may hold. */
export function specFingerprint(spec: GuestSpec): string {
  const sorted = (_key: string, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(spec, sorted)).digest('hex');
}
