import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { TSchema } from 'typebox';
import { Check } from 'typebox/value';
import type { SettingSchema } from './setting-schema.ts';

export interface Violation {
  readonly path: readonly string[];
  /** `must be a number (it is "abc")`. */
  readonly complaint: string;
}

const SECRET = /password|secret|token|private_?key|url$/i;

/** What is wrong with the settings, at most once for each; values of secrets are not repeated. */
export function violations(schema: TSchema, settings: unknown): Violation[] {
  // Good settings are the rule: Ajv takes 60 ms of every start to compile a schema that is used once.
  if (Check(schema, settings)) return [];
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false });
  addFormats.default(ajv);
  if (ajv.validate(schema, settings)) return [];
  const errors = ajv.errors ?? [];
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  const byPath = new Map<string, Violation>();
  for (const error of [...unions, ...errors]) {
    // Inside a union, what each alternative has to say is noise once the union itself has been named.
    if (!unions.includes(error) && unions.some((union) => error.schemaPath.startsWith(union.schemaPath))) continue;
    const path = pathOf(error);
    const key = path.join('.');
    if (!byPath.has(key)) byPath.set(key, { path, complaint: complain(error, path) });
  }
  return [...byPath.values()];
}

function pathOf(error: ErrorObject): string[] {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'));
  return error.keyword === 'required' ? [...path, error.params.missingProperty as string] : path;
}

function complain(error: ErrorObject, path: readonly string[]): string {
  if (error.keyword === 'required') return 'must be set';
  const actual = SECRET.test(path.at(-1) ?? '') ? '' : ` (it is ${shown(error.data)})`;
  return `${requirement(error)}${actual}`;
}

function requirement(error: ErrorObject): string {
  const { keyword, params } = error;
  if (keyword === 'type') return `must be ${article([params.type].flat() as string[])}`;
  if (keyword === 'enum') return `must be one of ${(params.allowedValues as unknown[]).map(shown).join(', ')}`;
  if (keyword === 'const') return `must be ${shown(params.allowedValue)}`;
  if (keyword === 'anyOf' || keyword === 'oneOf') return `must be ${alternatives(error.schema as SettingSchema[])}`;
  if (keyword === 'additionalProperties') return `must not have the key ${params.additionalProperty}`;
  return error.message ?? `must satisfy ${keyword}`;
}

function alternatives(schemas: readonly SettingSchema[]): string {
  const texts = schemas.map((each) =>
    each.const === undefined ? article([each.type ?? 'of another form']) : shown(each.const),
  );
  return texts.every((_, i) => schemas[i]!.const !== undefined) ? `one of ${texts.join(', ')}` : texts.join(' or ');
}

function article(types: readonly string[]): string {
  const names: Record<string, string> = {
    integer: 'a whole number',
    number: 'a number',
    string: 'a text',
    boolean: 'true or false',
    array: 'a list',
    object: 'a section with keys',
    null: 'empty',
  };
  return types.map((type) => names[type] ?? type).join(' or ');
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
