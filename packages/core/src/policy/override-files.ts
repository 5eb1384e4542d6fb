import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PolicyError } from './policy.ts';
import type { CheckSource } from './syntax.ts';

const RECHECK_MS = 1_000;

/** What replaces a default, and the file that says so. */
export interface Override {
  readonly check: CheckSource;
  readonly file: string;
}

export interface OverridePaths {
  /** A file of rules in YAML or JSON. It need not exist. */
  readonly file?: string;
  /**
   * A directory of such files (`*.yaml`, `*.yml`, `*.json`; hidden ones are passed over), read in the order of their names, each
   * winning over those before it and over `file`. It need not exist.
   */
  readonly dir?: string;
}

/** An operator's policy files (rule name → check). */
export class OverrideFiles {
  readonly paths: OverridePaths;
  #signature = '';
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(paths: OverridePaths) {
    this.paths = paths;
  }

  /**
   * The rules of all files if one of them changed, came or went since the last call that said so, else undefined. Looks at most
   * once a second. Throws PolicyError for a file that cannot be read; the same content is not reported twice.
   */
  changed(): ReadonlyMap<string, Override> | undefined {
    const nowMs = performance.now();
    if (nowMs - this.#checkedAtMs < RECHECK_MS) return undefined;
    this.#checkedAtMs = nowMs;
    const files = filesOf(this.paths);
    const signature = files.map(({ path, stat }) => `${path}/${stat.mtimeMs}/${stat.size}/${stat.ino}`).join('\n');
    if (signature === this.#signature) return undefined;
    this.#signature = signature;
    return readFiles(files.map(({ path }) => path));
  }
}

function readFiles(files: readonly string[]): ReadonlyMap<string, Override> {
  const rules = new Map<string, Override>();
  for (const file of files) for (const [name, check] of readRules(file)) rules.set(name, { check, file });
  return rules;
}

function filesOf({ file, dir }: OverridePaths): { path: string; stat: Stats }[] {
  const paths = [...(file === undefined ? [] : [file]), ...(dir === undefined ? [] : namesIn(dir))];
  return paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? [{ path, stat }] : [];
  });
}

function namesIn(dir: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(dir, { withFileTypes: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new PolicyError(`Policy directory ${dir} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return entries
    .filter(({ name }) => /^[^.].*\.(ya?ml|json)$/.test(name))
    .map(({ name }) => join(dir, name))
    .sort();
}

function readRules(path: string): Map<string, CheckSource> {
  let content: unknown;
  try {
    // JSON is YAML; policy.json of old clouds is read by the same parser.
    content = parse(readFileSync(path, 'utf8'), { maxAliasCount: 100 });
  } catch (cause) {
    throw new PolicyError(`Policy file ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (content === null || content === undefined) return new Map();
  if (typeof content !== 'object' || Array.isArray(content))
    throw new PolicyError(`Policy file ${path} must map rule names to checks.`);
  return new Map(Object.entries(content).map(([name, check]) => [name, checkSource(path, name, check)]));
}

function checkSource(path: string, name: string, check: unknown): CheckSource {
  if (typeof check === 'string') return check;
  const isText = (value: unknown) => typeof value === 'string';
  if (Array.isArray(check) && check.every((inner) => isText(inner) || (Array.isArray(inner) && inner.every(isText))))
    return check;
  throw new PolicyError(`Policy file ${path}: rule ${name} must be a text or a list of lists of texts.`);
}
