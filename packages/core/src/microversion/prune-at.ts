import type { TSchema } from 'typebox';
import { isSchema, shapeAt } from './marks.ts';
import { boundariesOf, eraOf } from './schema-at.ts';
import type { VersionLike } from './version.ts';

type Pruner = (value: unknown) => unknown;

interface ObjectShape {
  /** Every branch that declares the field says it is not in this version. */
  readonly gone: Map<string, boolean>;
  readonly fields: Map<string, Pruner[]>;
  readonly others: Pruner[];
  readonly elements: Pruner[];
}

const keep: Pruner = (value) => value;
const pruners = new WeakMap<TSchema, Map<number, Pruner>>();

/**
 * Gives a function that takes the fields out of a reply which `version` does not have yet, or no longer. The function copies
 * only what it changes, and gives the value itself back when the version has everything. Memoised. `$ref` is not followed.
 */
export function pruneAt<T = unknown>(schema: TSchema, version: VersionLike): (value: T) => T {
  const versions = boundariesOf(schema);
  if (versions.length === 0) return keep as (value: T) => T;
  const byEra = pruners.get(schema) ?? new Map<number, Pruner>();
  pruners.set(schema, byEra);
  const era = eraOf(versions, version);
  const pruner = byEra.get(era) ?? build(schema, version);
  byEra.set(era, pruner);
  return pruner as (value: T) => T;
}

function build(schema: TSchema, version: VersionLike): Pruner {
  const shape: ObjectShape = { gone: new Map(), fields: new Map(), others: [], elements: [] };
  gather(schema, version, shape);
  const drop = [...shape.gone].filter(([, gone]) => gone).map(([name]) => name);
  const fields = [...shape.fields]
    .filter(([name, list]) => list.length > 0 && !drop.includes(name))
    .map(([name, list]) => [name, chain(list)] as const);
  if (drop.length === 0 && fields.length === 0 && shape.others.length === 0 && shape.elements.length === 0) return keep;
  const element = chain(shape.elements);
  const other = shape.others.length > 0 ? chain(shape.others) : undefined;
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return element === keep ? value : value.map(element);
    return pruneObject(value as Record<string, unknown>, drop, fields, other, shape.gone);
  };
}

function pruneObject(
  value: Record<string, unknown>,
  drop: readonly string[],
  fields: readonly (readonly [string, Pruner])[],
  other: Pruner | undefined,
  declared: ReadonlyMap<string, boolean>,
): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  const change = (name: string, pruner: Pruner) => {
    const pruned = pruner(value[name]);
    if (pruned === value[name]) return;
    copy ??= { ...value };
    copy[name] = pruned;
  };
  for (const name of drop) {
    if (!Object.hasOwn(value, name)) continue;
    copy ??= { ...value };
    delete copy[name];
  }
  for (const [name, pruner] of fields) if (Object.hasOwn(value, name)) change(name, pruner);
  if (other) for (const name of Object.keys(value)) if (!declared.has(name)) change(name, other);
  return copy ?? value;
}

/** Adds what one schema, and the alternatives inside it, say about objects and arrays. */
function gather(schema: TSchema, version: VersionLike, shape: ObjectShape): void {
  const at = shapeAt(schema, version)?.schema;
  if (!at) return;
  const { properties, items, additionalProperties, patternProperties } = at as TSchema & Record<string, unknown>;
  for (const [name, field] of Object.entries((properties ?? {}) as Record<string, TSchema>)) {
    const gone = isSchema(field) && shapeAt(field, version) === undefined;
    shape.gone.set(name, gone && shape.gone.get(name) !== false);
    if (isSchema(field) && !gone) add(listOf(shape.fields, name), field, version);
  }
  if (isSchema(items)) add(shape.elements, items, version);
  if (isSchema(additionalProperties)) add(shape.others, additionalProperties, version);
  for (const pattern of Object.values((patternProperties ?? {}) as Record<string, unknown>)) {
    if (isSchema(pattern)) add(shape.others, pattern, version);
  }
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const branches = (at as Record<string, unknown>)[keyword];
    if (Array.isArray(branches)) for (const branch of branches.filter(isSchema)) gather(branch, version, shape);
  }
}

function add(list: Pruner[], schema: TSchema, version: VersionLike): void {
  const pruner = build(schema, version);
  if (pruner !== keep) list.push(pruner);
}

function listOf(map: Map<string, Pruner[]>, name: string): Pruner[] {
  const list = map.get(name) ?? [];
  map.set(name, list);
  return list;
}

function chain(list: readonly Pruner[]): Pruner {
  if (list.length === 0) return keep;
  if (list.length === 1) return list[0]!;
  return (value) => list.reduce((current, pruner) => pruner(current), value);
}
