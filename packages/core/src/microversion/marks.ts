import type { TSchema } from 'typebox';
import { compareVersion, parseVersion, type VersionLike } from './version.ts';

/** Marks are plain keywords, so that a JSON copy of a schema keeps them; `schemaAt` takes them out again. */
export interface Marks {
  /** First version that has it. */
  'x-since'?: string;
  /** First version that no longer has it. */
  'x-until'?: string;
  /** What stood here before `version`; whether it was optional is the old schema's own affair. */
  'x-changed'?: { version: string; optional: boolean; schema: TSchema };
}

/** The field exists from `version` on. The static type is that of the newest shape. */
export function since<S extends TSchema>(version: string, schema: S): S {
  return marked(schema, { 'x-since': checked(version) });
}

/** The field is gone from `version` on: `until('2.57', …)` was last in 2.56. */
export function until<S extends TSchema>(version: string, schema: S): S {
  return marked(schema, { 'x-until': checked(version) });
}

/** From `version` on the field looks like `newest`, before like `older` (which may itself be `changed`). */
export function changed<S extends TSchema>(version: string, newest: S, older: TSchema): S {
  return marked(newest, { 'x-changed': { version: checked(version), optional: '~optional' in older, schema: older } });
}

/** What stands for `schema` in `version`: itself, an older shape, or nothing. */
export function shapeAt(schema: TSchema, version: VersionLike): { schema: TSchema; optional?: boolean } | undefined {
  const marks = schema as Marks;
  if (marks['x-since'] !== undefined && compareVersion(version, marks['x-since']) < 0) return undefined;
  if (marks['x-until'] !== undefined && compareVersion(version, marks['x-until']) >= 0) return undefined;
  const change = marks['x-changed'];
  if (!change || compareVersion(version, change.version) >= 0) return { schema };
  const older = shapeAt(change.schema, version);
  return older && { schema: older.schema, optional: older.optional ?? change.optional };
}

/** A schema held by a keyword, as against a list of them or a boolean. */
export function isSchema(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Copies with property descriptors: TypeBox keeps what makes a field optional in properties that are not enumerable. */
export function copySchema(schema: TSchema): TSchema {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema)) as TSchema;
}

function marked<S extends TSchema>(schema: S, marks: Marks): S {
  return Object.assign(copySchema(schema), marks) as S;
}

function checked(version: string): string {
  parseVersion(version);
  return version;
}
