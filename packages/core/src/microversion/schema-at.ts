import type { TSchema } from 'typebox';
import { copySchema, isSchema, type Marks, shapeAt } from './marks.ts';
import { compareVersion, type VersionLike } from './version.ts';

type Fields = Record<string, TSchema>;

const MARKS = ['x-since', 'x-until', 'x-changed'] as const;
/** Keywords that hold one schema, a list of schemas, or schemas by name. Other keywords hold data and are left alone. */
const ONE = [
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'unevaluatedProperties',
  'unevaluatedItems',
];
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items'];
const NAMED = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];

/** Matches no value: stands where a version has no such element at all. */
const NOTHING = { not: {} } as TSchema;

const boundaries = new WeakMap<TSchema, readonly string[]>();
const shapes = new WeakMap<TSchema, Map<number, TSchema>>();

/**
 * The schema as it is in `version`, without marks. Memoised: versions between which nothing changes share one object, so a
 * validator compiled for it serves them all. A schema without marks is given back as it is.
 */
export function schemaAt<S extends TSchema>(schema: S, version: VersionLike): S {
  const versions = boundariesOf(schema);
  if (versions.length === 0) return schema;
  const byEra = shapes.get(schema) ?? new Map<number, TSchema>();
  shapes.set(schema, byEra);
  const era = eraOf(versions, version);
  const shape = byEra.get(era) ?? transform(shapeAt(schema, version)?.schema ?? NOTHING, version);
  byEra.set(era, shape);
  return shape as S;
}

/** How many of the boundaries lie at or before the version: equal eras, equal shapes. */
export function eraOf(versions: readonly string[], version: VersionLike): number {
  return versions.filter((boundary) => compareVersion(version, boundary) >= 0).length;
}

/** The versions in which something inside the schema changes, without repeats. */
export function boundariesOf(schema: TSchema): readonly string[] {
  const known = boundaries.get(schema);
  if (known) return known;
  const found = new Set<string>();
  collect(schema, found);
  const versions = [...found];
  boundaries.set(schema, versions);
  return versions;
}

function collect(schema: TSchema, found: Set<string>): void {
  const marks = schema as Marks;
  if (marks['x-since'] !== undefined) found.add(marks['x-since']);
  if (marks['x-until'] !== undefined) found.add(marks['x-until']);
  const change = marks['x-changed'];
  if (change) {
    found.add(change.version);
    collect(change.schema, found);
  }
  for (const child of children(schema)) collect(child, found);
}

function* children(schema: TSchema): Iterable<TSchema> {
  const keywords = schema as Record<string, unknown>;
  for (const key of ONE) if (isSchema(keywords[key])) yield keywords[key];
  for (const key of LISTS) if (Array.isArray(keywords[key])) yield* (keywords[key] as unknown[]).filter(isSchema);
  for (const key of NAMED) if (isSchema(keywords[key])) yield* Object.values(keywords[key]).filter(isSchema);
}

function transform(schema: TSchema, version: VersionLike): TSchema {
  if (boundariesOf(schema).length === 0) return schema;
  const copy = copySchema(schema) as TSchema & Record<string, unknown>;
  for (const mark of MARKS) delete copy[mark];
  for (const key of ONE) {
    const child = copy[key];
    if (isSchema(child)) copy[key] = transform(shapeAt(child, version)?.schema ?? NOTHING, version);
  }
  for (const key of LISTS) {
    const list = copy[key];
    if (Array.isArray(list)) copy[key] = transformList(list, version);
  }
  for (const key of NAMED) {
    const fields = copy[key];
    if (isSchema(fields)) copy[key] = transformFields(fields as Fields, version);
  }
  if (isSchema(schema['properties' as keyof TSchema]))
    updateRequired(copy, schema as unknown as { properties: Fields }, version);
  return copy;
}

/** An alternative that a version does not have leaves the list; one that remains is kept in it. */
function transformList(list: readonly unknown[], version: VersionLike): unknown[] {
  return list.flatMap((entry) => {
    if (!isSchema(entry)) return [entry];
    const shape = shapeAt(entry, version);
    return shape ? [transform(shape.schema, version)] : [];
  });
}

function transformFields(fields: Fields, version: VersionLike): Fields {
  const result: Fields = {};
  for (const [name, field] of Object.entries(fields)) {
    const shape = isSchema(field) ? shapeAt(field, version) : { schema: field };
    if (shape) result[name] = isSchema(shape.schema) ? transform(shape.schema, version) : shape.schema;
  }
  return result;
}

function updateRequired(
  copy: Record<string, unknown>,
  original: { properties: Fields; required?: string[] },
  version: VersionLike,
): void {
  const required = new Set(original.required ?? []);
  for (const [name, field] of Object.entries(original.properties)) {
    const shape = isSchema(field) ? shapeAt(field, version) : { schema: field };
    if (!shape || shape.optional === true) required.delete(name);
    else if (shape.optional === false) required.add(name);
  }
  if (required.size > 0) copy.required = [...required];
  else delete copy.required;
}
