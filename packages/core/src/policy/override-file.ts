import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import { PolicyError } from './policy.ts';
import type { CheckSource } from './syntax.ts';

const RECHECK_MS = 1_000;

/** An operator's policy file (YAML or JSON: rule name → check). A file that does not exist overrides nothing. */
export class OverrideFile {
  readonly path: string;
  #signature = '';
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The file's rules if it changed since the last call that said so, else undefined. Looks at most once a second.
   * Throws PolicyError for a file that cannot be read; the same content is not reported twice.
   */
  changed(): ReadonlyMap<string, CheckSource> | undefined {
    const nowMs = performance.now();
    if (nowMs - this.#checkedAtMs < RECHECK_MS) return undefined;
    this.#checkedAtMs = nowMs;
    const stat = statSync(this.path, { throwIfNoEntry: false });
    const signature = stat ? `${stat.mtimeMs}/${stat.size}/${stat.ino}` : 'absent';
    if (signature === this.#signature) return undefined;
    this.#signature = signature;
    return stat ? readRules(this.path) : new Map();
  }
}

function readRules(path: string): Map<string, CheckSource> {
  let content: unknown;
  try {
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
