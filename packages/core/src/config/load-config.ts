import { readFileSync } from 'node:fs';
import type { Static, TSchema } from 'typebox';
import { parse } from 'yaml';
import { ConfigError, didYouMean } from './config-error.ts';
import { environmentSettings, variableOf } from './environment.ts';
import { isSettings, type Settings, settingSchema, unknownKeys, withDefaults } from './setting-schema.ts';
import { violations } from './validation.ts';

export interface ConfigSources {
  /** YAML. A file that does not exist sets nothing, unless `fileRequired`. */
  file?: string;
  fileRequired?: boolean;
  /** Default: the process's environment. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Default `KUMO`: `KUMO_NOVA__CPU_ALLOCATION_RATIO` sets `nova.cpuAllocationRatio` and wins over the file. */
  prefix?: string;
  /** Variables with the prefix that mean something else. Default `KUMO_STATE`, `KUMO_FAULT`, `KUMO_TEST_*`. */
  ignoredVariables?: readonly string[];
}

/**
 * The settings a schema describes: defaults, then the file, then the environment. Throws ConfigError with one sentence for
 * each unknown key (and the name that may be meant), wrong value and missing setting; the caller decides about the exit.
 */
export function loadConfig<S extends TSchema>(schema: S, sources: ConfigSources = {}): Static<S> {
  const {
    file,
    env = process.env,
    prefix = 'KUMO',
    ignoredVariables = ['KUMO_STATE', 'KUMO_FAULT', 'KUMO_TEST_*'],
  } = sources;
  const described = settingSchema(schema);
  const fromFile = file === undefined ? {} : readSettings(file, sources.fileRequired ?? false);
  const fromEnv = environmentSettings(described, env, prefix, ignoredVariables);
  const problems: string[] = [];
  unknownKeys(described, fromFile, (path, known) => {
    problems.push(`${path.join('.')} in ${file} is no setting${didYouMean(path.at(-1)!, known) || '.'}`);
  });
  problems.push(...fromEnv.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const settings = withDefaults(described, merge(fromFile, fromEnv.settings));
  const wrong = violations(schema, settings).map(({ path, complaint }) => {
    const variable = fromEnv.variables.get(path.join('.'));
    if (variable) return `${variable} in the environment ${complaint}.`;
    const missing = complaint === 'must be set';
    const place = missing
      ? ` in ${file ?? 'a configuration file'} or as ${variableOf(path, prefix)}`
      : file
        ? ` in ${file}`
        : '';
    return missing
      ? `${path.join('.')} must be set${place}.`
      : `${path.join('.') || 'The configuration'}${place} ${complaint}.`;
  });
  if (wrong.length > 0) throw new ConfigError(wrong);
  return settings as Static<S>;
}

function readSettings(file: string, required: boolean): Settings {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && !required) return {};
    throw new ConfigError([`${file} cannot be read (${(cause as Error).message}).`], { cause });
  }
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new ConfigError([`${file} is no YAML: ${(cause as Error).message.split('\n')[0]}`], { cause });
  }
  if (content === null || content === undefined) return {};
  if (!isSettings(content)) throw new ConfigError([`${file} must hold settings by name (key: value).`]);
  return content;
}

function merge(base: Settings, over: Settings): Settings {
  const result = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = result[name];
    result[name] = isSettings(below) && isSettings(value) ? merge(below, value) : value;
  }
  return result;
}
