import type { TSchema } from 'typebox';

/** The query parameters that an operation takes as lists. */
export function listParameters(query: TSchema | undefined): ReadonlySet<string> {
  const { properties = {} } = (query ?? {}) as { properties?: Record<string, TSchema> };
  return new Set(Object.keys(properties).filter((name) => isList(properties[name]!)));
}

/**
 * Leaves one value of each parameter that came several times but is no list: clients send such (openstacksdk repeats `name`), and
 * OpenStack's services read the last one, Keystone the first. Changes the query in place.
 */
export function takeOneOfRepeated(query: object, lists: ReadonlySet<string>, which: 'first' | 'last'): void {
  const values = query as Record<string, unknown>;
  for (const name in values) {
    const value = values[name];
    if (Array.isArray(value) && !lists.has(name)) values[name] = value.at(which === 'first' ? 0 : -1);
  }
}

function isList(schema: TSchema): boolean {
  const { type, anyOf = [] } = schema as { type?: string | string[]; anyOf?: TSchema[] };
  return [type].flat().includes('array') || anyOf.some(isList);
}
