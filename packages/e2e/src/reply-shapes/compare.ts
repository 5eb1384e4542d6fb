import type { Shape } from './published.ts';

/** Objects whose keys are names that users chose: each value has to be like one of the sample's. */
const FREE_KEYS = new Set([
  'metadata',
  'meta',
  'extra_specs',
  'properties',
  'addresses',
  'options',
  'volume_image_metadata',
  'image_metadata',
  'connection_info',
  'connector',
  'config',
  'blob',
  'binding:profile',
]);

/**
 * How a reply differs from a published one: a field too many, one missing, one of another type. Null fits every type, since
 * samples show what was there on one day; an empty list says nothing of its elements.
 *
 * @param path of the value within the reply, for the words.
 */
export function differences(shape: Shape, value: unknown, path = ''): string[] {
  if (typeof shape === 'string') return fitsType(shape, value) ? [] : [`${path} is ${typeOf(value)}, not ${shape}`];
  if (value === null) return [];
  if (isList(shape)) {
    if (!Array.isArray(value)) return [`${path} is ${typeOf(value)}, not a list`];
    const [element] = shape;
    return element === undefined ? [] : unique(value.flatMap((one) => differences(element, one, `${path}[]`)));
  }
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path} is ${typeOf(value)}, not an object`];
  if (FREE_KEYS.has(path.split('.').at(-1)!)) return freeDifferences(Object.values(shape), value, path);
  return objectDifferences(shape, value as Record<string, unknown>, path);
}

function freeDifferences(shapes: readonly Shape[], value: object, path: string): string[] {
  const [first] = shapes;
  if (first === undefined) return [];
  const unlike = Object.values(value).filter((one) =>
    shapes.every((shape) => differences(shape, one, `${path}.*`).length > 0),
  );
  return unique(unlike.flatMap((one) => differences(first, one, `${path}.*`)));
}

function objectDifferences(
  shape: { readonly [name: string]: Shape },
  value: Record<string, unknown>,
  path: string,
): string[] {
  const fields = Object.entries(shape).map(([name, inner]) => ({
    name: name.replace(/\?$/, ''),
    isOptional: name.endsWith('?'),
    inner,
  }));
  const known = new Set(fields.map(({ name }) => name));
  const at = (name: string) => (path ? `${path}.${name}` : name);
  return [
    ...Object.keys(value)
      .filter((name) => !known.has(name))
      .map((name) => `${at(name)} is too many`),
    ...fields.flatMap(({ name, isOptional, inner }) => {
      if (name in value) return differences(inner, value[name], at(name));
      return isOptional ? [] : [`${at(name)} is missing`];
    }),
  ];
}

function fitsType(shape: string, value: unknown): boolean {
  const types = shape.split('|');
  const found = typeOf(value);
  if (found === 'null' || types.includes(found)) return true;
  // Shown as nothing but null: what else it may be is not known.
  if (types.every((type) => type === 'null')) return true;
  return found === 'integer' && types.includes('number');
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function isList(shape: Shape): shape is readonly Shape[] {
  return Array.isArray(shape);
}

function unique(words: string[]): string[] {
  return [...new Set(words)];
}
