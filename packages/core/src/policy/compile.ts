import type { Credentials, Target } from './credentials.ts';
import type { Check, Template } from './syntax.ts';

/** A rule, compiled: does it hold for this caller and this target? */
export type Evaluator = (target: Target, credentials: Credentials) => boolean;

type Render = (target: Target) => string | undefined;

/**
 * Turns a rule's tree into closures, once.
 * @param resolve gives the evaluator of another rule (`rule:name`).
 */
export function compileCheck(check: Check, resolve: (rule: string) => Evaluator): Evaluator {
  switch (check.type) {
    case 'always':
      return check.value ? () => true : () => false;
    case 'and': {
      const all = check.checks.map((inner) => compileCheck(inner, resolve));
      return (target, credentials) => all.every((evaluate) => evaluate(target, credentials));
    }
    case 'or': {
      const any = check.checks.map((inner) => compileCheck(inner, resolve));
      return (target, credentials) => any.some((evaluate) => evaluate(target, credentials));
    }
    case 'not': {
      const inner = compileCheck(check.check, resolve);
      return (target, credentials) => !inner(target, credentials);
    }
    case 'rule':
      return resolve(check.name);
    case 'role':
      return compileRole(check.match);
    case 'literal': {
      const render = compileTemplate(check.match);
      return (target) => render(target) === check.text;
    }
    case 'credential':
      return compileCredential(check.path, check.match);
    case 'field':
      return compileField(check.field, check.value, check.pattern);
  }
}

function compileRole(match: Template): Evaluator {
  const render = compileTemplate(match);
  return (target, credentials) => {
    const wanted = render(target)?.toLowerCase();
    const roles = credentials.roles;
    if (wanted === undefined || !Array.isArray(roles)) return false;
    return roles.some((role) => typeof role === 'string' && role.toLowerCase() === wanted);
  };
}

function compileCredential(path: readonly string[], match: Template): Evaluator {
  const render = compileTemplate(match);
  // Unlike oslo.policy, "nobody's" target never belongs to a caller who has no such id: project_id:%(project_id)s
  // must not open a row whose project is null to every system token. `domain_id:None`, written out, still matches.
  const nullMatches = match.every((part) => typeof part === 'string');
  return (target, credentials) => {
    const wanted = render(target);
    return wanted !== undefined && holds(credentials, path, 0, wanted, nullMatches);
  };
}

/** Follows the path; where a list lies on the way, one element that matches is enough. */
function holds(value: unknown, path: readonly string[], depth: number, wanted: string, nullMatches: boolean): boolean {
  if (Array.isArray(value)) return value.some((element) => holds(element, path, depth, wanted, nullMatches));
  if (depth === path.length) return (value !== null || nullMatches) && pythonText(value) === wanted;
  const key = path[depth]!;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
  return holds((value as Record<string, unknown>)[key], path, depth + 1, wanted, nullMatches);
}

function compileField(field: string, value: string, pattern: RegExp | undefined): Evaluator {
  const read = compileLookup(field);
  return (target) => {
    const actual = pythonText(read(target));
    if (actual === undefined) return false;
    return pattern ? pattern.test(actual) : actual === value;
  };
}

/** Undefined when a field is missing from the target: then the check does not hold, whatever it says. */
function compileTemplate(template: Template): Render {
  if (template.every((part) => typeof part === 'string')) {
    const text = template.join('');
    return () => text;
  }
  const parts = template.map((part): Render => {
    if (typeof part === 'string') return () => part;
    const read = compileLookup(part.key);
    return (target) => pythonText(read(target));
  });
  if (parts.length === 1) return parts[0]!;
  return (target) => {
    const texts = parts.map((render) => render(target));
    return texts.includes(undefined) ? undefined : texts.join('');
  };
}

/** A key as it stands, or as a path into a nested target. */
function compileLookup(key: string): (target: Target) => unknown {
  const path = key.split('.');
  return (target) => {
    if (Object.hasOwn(target, key)) return target[key];
    let value: unknown = target;
    for (const step of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string, unknown>)[step];
    }
    return value;
  };
}

/** Python's `str()` of a scalar. Lists and mappings have no text here: `['a']` must never pass for `a`. */
function pythonText(value: unknown): string | undefined {
  if (value === null) return 'None';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return undefined;
}
