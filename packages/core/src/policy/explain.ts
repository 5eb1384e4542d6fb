import { compileCheck } from './compile.ts';
import type { Credentials, Target } from './credentials.ts';
import type { Check, Template } from './syntax.ts';

/** A check, whether it held, and why: in words, or by what it consists of. */
export interface Explanation {
  readonly check: string;
  readonly holds: boolean;
  readonly because?: string;
  readonly parts?: readonly Explanation[];
}

type Lookup = (rule: string) => { readonly name: string; readonly check: Check } | undefined;

/**
 * Evaluates a tree as `compileCheck` does, and says of each part how it went. All parts are looked at, also those that no longer
 * matter for the answer: an operator wants to know what else is lacking.
 */
export function explainCheck(check: Check, lookup: Lookup, target: Target, credentials: Credentials): Explanation {
  const explain = (inner: Check): Explanation => explainCheck(inner, lookup, target, credentials);
  switch (check.type) {
    case 'always':
      return { check: checkText(check), holds: check.value, because: check.value ? 'always holds' : 'never holds' };
    case 'and':
    case 'or': {
      const parts = check.checks.map(explain);
      const holds = check.type === 'and' ? parts.every((one) => one.holds) : parts.some((one) => one.holds);
      return { check: check.type === 'and' ? 'all of' : 'any of', holds, parts };
    }
    case 'not': {
      const part = explain(check.check);
      return { check: 'not', holds: !part.holds, parts: [part] };
    }
    case 'rule': {
      const found = lookup(check.name);
      const text = checkText(check);
      if (!found) return { check: text, holds: false, because: 'there is no such rule, and none called default' };
      const part = explain(found.check);
      const because = found.name === check.name ? undefined : `there is no such rule: ${found.name} stands in`;
      return { check: text, holds: part.holds, because, parts: [part] };
    }
    default: {
      const holds = compileCheck(check, () => () => false)(target, credentials);
      return { check: checkText(check), holds, because: reason(check, target, credentials) };
    }
  }
}

/** The check in the policy language. */
export function checkText(check: Check): string {
  switch (check.type) {
    case 'always':
      return check.value ? '@' : '!';
    case 'and':
    case 'or':
      return `(${check.checks.map(checkText).join(` ${check.type} `)})`;
    case 'not':
      return `not ${checkText(check.check)}`;
    case 'rule':
      return `rule:${check.name}`;
    case 'role':
      return `role:${templateText(check.match)}`;
    case 'literal':
      return `'${check.text}':${templateText(check.match)}`;
    case 'credential':
      return `${check.path.join('.')}:${templateText(check.match)}`;
    case 'field':
      return `field:*:${check.field}=${check.value}`;
  }
}

function templateText(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? part.replaceAll('%', '%%') : `%(${part.key})s`)).join('');
}

type Leaf = Exclude<Check, { type: 'always' | 'and' | 'or' | 'not' | 'rule' }>;

function reason(check: Leaf, target: Target, credentials: Credentials): string {
  if (check.type === 'field') return `the target's ${check.field} is ${shown(read(target, check.field))}`;
  const keys = check.match.flatMap((part) => (typeof part === 'string' ? [] : [part.key]));
  const absent = keys.filter((key) => read(target, key) === undefined);
  if (absent.length > 0) return `the target has no ${absent.join(', ')}`;
  const wanted = keys.map((key) => `the target's ${key} is ${shown(read(target, key))}`);
  if (check.type === 'role') return [`the token's roles are ${shown(credentials.roles)}`, ...wanted].join('; ');
  if (check.type === 'literal') return wanted.join('; ');
  return [`the token's ${check.path.join('.')} is ${shown(readPath(credentials, check.path))}`, ...wanted].join('; ');
}

function read(target: Target, key: string): unknown {
  return Object.hasOwn(target, key) ? target[key] : readPath(target, key.split('.'));
}

function readPath(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, step)
        ? (at as Record<string, unknown>)[step]
        : undefined,
    value,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'not there';
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
