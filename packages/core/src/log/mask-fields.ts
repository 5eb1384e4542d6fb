import { MASK } from './mask-secrets.ts';

/** Fields whose values never reach a log line. */
const SECRET_FIELDS = new Set([
  'password',
  'adminPass',
  'original_password',
  'secret',
  'token',
  'x-auth-token',
  'x-subject-token',
  'x-service-token',
  'private_key',
  'user_data',
]);
/** As deep as request and config objects have such fields here. */
const DEPTH = 3;

/**
 * The fields of a log line with the values of secrets masked, whatever those are. What holds none is given back as it is,
 * which is nearly always: this runs for every line. The line's error (`err`) is left to its serializer.
 */
export function maskFields(fields: Record<string, unknown>): Record<string, unknown> {
  return masked(fields, DEPTH) as Record<string, unknown>;
}

function masked(value: object, depth: number): object {
  let copy: Record<string, unknown> | undefined;
  for (const key in value) {
    const held = (value as Record<string, unknown>)[key];
    const shown = shownOf(key, held, depth);
    if (shown === held) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = shown;
  }
  return copy ?? value;
}

function shownOf(key: string, value: unknown, depth: number): unknown {
  if (SECRET_FIELDS.has(key)) return value === undefined ? undefined : MASK;
  if (depth === 1 || typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return depth === DEPTH && key === 'err' && value instanceof Error ? value : masked(value, depth - 1);
}
