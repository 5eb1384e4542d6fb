import { parse } from 'yaml';
import { didYouMean, plain } from './config-error.ts';
import { isSettings, type SettingSchema, type Settings } from './setting-schema.ts';

export interface EnvironmentSettings {
  readonly settings: Settings;
  /** Dotted setting → the variable that set it, to name it in messages. */
  readonly variables: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/**
 * Settings from variables like `KUMO_NOVA__CPU_ALLOCATION_RATIO=4` for `nova.cpuAllocationRatio`: two underscores go one
 * level down, single ones and case do not matter. Numbers and booleans are read as such, lists and mappings as YAML or JSON.
 */
export function environmentSettings(
  schema: SettingSchema,
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
  ignored: readonly string[],
): EnvironmentSettings {
  const settings: Settings = {};
  const variables = new Map<string, string>();
  const problems: string[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || !variable.startsWith(`${prefix}_`)) continue;
    const found = locate(schema, variable.slice(prefix.length + 1).split('__'));
    if ('known' in found) {
      if (!isIgnored(variable, ignored))
        problems.push(`${variable} in the environment is no setting${suggest(found, variable, prefix)}`);
      continue;
    }
    const value = convert(found.schema, text);
    if (value === undefined) problems.push(`${variable} in the environment cannot be read as YAML or JSON.`);
    else if (variables.has(found.path.join('.')))
      problems.push(`${variable} and ${variables.get(found.path.join('.'))} set the same.`);
    else assign(settings, found.path, value);
    variables.set(found.path.join('.'), variable);
  }
  return { settings, variables, problems };
}

/** The variable that would set a path, for messages: `KUMO_NOVA__CPU_ALLOCATION_RATIO`. */
export function variableOf(path: readonly string[], prefix: string): string {
  const words = path.map((name) =>
    name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace(/-/g, '_')
      .toUpperCase(),
  );
  return `${prefix}_${words.join('__')}`;
}

/** `KUMO_TEST_*` stands for all variables that begin so. */
function isIgnored(variable: string, ignored: readonly string[]): boolean {
  return ignored.some((name) => (name.endsWith('*') ? variable.startsWith(name.slice(0, -1)) : variable === name));
}

interface Unknown {
  readonly at: readonly string[];
  readonly known: readonly string[];
}

type Located = { readonly path: readonly string[]; readonly schema: SettingSchema } | Unknown;

function locate(schema: SettingSchema, segments: readonly string[]): Located {
  const path: string[] = [];
  let current = schema;
  for (const segment of segments) {
    const known: string[] = Object.keys(current.properties ?? {});
    const name = known.find((candidate) => plain(candidate) === plain(segment));
    if (name !== undefined) current = current.properties![name]!;
    else {
      const open = openSchema(current, segment.toLowerCase());
      if (!open) return { at: path, known };
      current = open;
    }
    path.push(name ?? segment.toLowerCase());
  }
  return { path, schema: current };
}

/** What a mapping with names of the operator's own choice holds under `name`. */
function openSchema(schema: SettingSchema, name: string): SettingSchema | undefined {
  if (isSettings(schema.additionalProperties)) return schema.additionalProperties as SettingSchema;
  return Object.entries(schema.patternProperties ?? {}).find(([pattern]) => new RegExp(pattern).test(name))?.[1];
}

function suggest(found: Unknown, variable: string, prefix: string): string {
  const candidates = found.known.map((name) => variableOf([...found.at, name], prefix));
  return didYouMean(variable, candidates) || '.';
}

/** What cannot be read as the type it should have stays a text: the validation names it. Undefined: no YAML. */
function convert(schema: SettingSchema, text: string): unknown {
  const types = new Set(schema.anyOf ? schema.anyOf.map((each) => each.type ?? typeof each.const) : [schema.type]);
  if (types.has('boolean') && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if ((types.has('number') || types.has('integer')) && text.trim() !== '' && Number.isFinite(Number(text)))
    return Number(text);
  if (types.has('null') && text === '') return null;
  if (types.has('string') || !(types.has('array') || types.has('object'))) return text;
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function assign(settings: Settings, path: readonly string[], value: unknown): void {
  let section = settings;
  for (const name of path.slice(0, -1)) {
    const inner = section[name];
    const next = isSettings(inner) ? inner : {};
    section[name] = next;
    section = next;
  }
  section[path.at(-1)!] = value;
}
