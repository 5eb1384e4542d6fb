import { parseBoolean } from '@kumo/core/schema';

/** The body with these attributes, where given, as truth values: OpenStack also takes `"True"` and the like. */
export function truthValues(body: object, flags: readonly string[]): object {
  const changed: Record<string, unknown> = { ...body };
  for (const flag of flags)
    if (changed[flag] !== undefined) changed[flag] = parseBoolean(changed[flag] as boolean | string);
  return changed;
}
