import type { TSchema } from 'typebox';

/** The keywords that settings' schemas use here; a schema is read as plain JSON Schema. */
export interface SettingSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SettingSchema;
  readonly patternProperties?: Readonly<Record<string, SettingSchema>>;
  readonly anyOf?: readonly SettingSchema[];
  readonly const?: unknown;
  readonly default?: unknown;
}

export type Settings = Record<string, unknown>;

export function settingSchema(schema: TSchema): SettingSchema {
  return schema as SettingSchema;
}

export function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Adds defaults, also inside sections that are not set at all unless the section is optional and has no default. */
export function withDefaults(schema: SettingSchema, value: unknown): unknown {
  const present = value === undefined && schema.default !== undefined ? structuredClone(schema.default) : value;
  if (Array.isArray(present)) return present;
  if (!isSettings(present) || !schema.properties) return present;
  const result: Settings = { ...present };
  for (const [name, field] of Object.entries(schema.properties)) {
    const section = result[name] === undefined && field.properties && schema.required?.includes(name);
    const filled = withDefaults(field, section && field.default === undefined ? {} : result[name]);
    if (filled !== undefined) result[name] = filled;
  }
  return result;
}

/** Calls `report` for each key the schema does not know, with the keys that it knows there. */
export function unknownKeys(
  schema: SettingSchema,
  value: unknown,
  report: (path: readonly string[], known: readonly string[]) => void,
  path: readonly string[] = [],
): void {
  if (!isSettings(value) || !schema.properties) return;
  const open =
    schema.additionalProperties === true || isSettings(schema.additionalProperties) || schema.patternProperties;
  for (const [name, inner] of Object.entries(value)) {
    const field = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (field) unknownKeys(field, inner, report, [...path, name]);
    else if (!open) report([...path, name], Object.keys(schema.properties));
  }
}
