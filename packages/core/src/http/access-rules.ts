import type { AccessRule } from './app-options.ts';

type PathPart = { readonly literal: string } | 'part' | 'anything';

const WILDCARDS = /\{[^}]*\}|\*\*?/g;
const ENCODED_SLASH = /%2f/gi;

/**
 * Whether one of the rules covers the request. Of a path with an encoded slash both readings must be covered, the one
 * in which it separates segments and the one in which it does not: rule and router may not see two different paths.
 */
export function rulesAllow(
  rules: readonly AccessRule[],
  request: { readonly service: string; readonly method: string; readonly url: string },
): boolean {
  const path = request.url.split(/[?#]/, 1)[0] as string;
  const readings = [decoded(path), decoded(path.replace(ENCODED_SLASH, '%252F'))];
  const fitting = rules.filter(({ service, method }) => service === request.service && method === request.method);
  return readings.every((reading) => reading !== undefined && fitting.some((rule) => pathMatches(rule.path, reading)));
}

/**
 * Whether a decoded path fits a rule's pattern as a whole. Linear in the product of their lengths whatever the pattern:
 * it is a user's.
 */
export function pathMatches(pattern: string, path: string): boolean {
  const parts = parsePattern(pattern);
  // Positions in the path that the parts so far may end at.
  let ends = new Set([0]);
  for (const part of parts) {
    const next = new Set<number>();
    if (typeof part === 'object') {
      for (const at of ends) if (path.startsWith(part.literal, at)) next.add(at + part.literal.length);
    } else {
      const first = Math.min(...ends);
      if (part === 'anything') for (let at = first; at <= path.length; at++) next.add(at);
      else addPartEnds(path, ends, next);
    }
    if (next.size === 0) return false;
    ends = next;
  }
  return ends.has(path.length);
}

/** One or more characters that are no slash, from any of the starts. */
function addPartEnds(path: string, starts: ReadonlySet<number>, ends: Set<number>): void {
  let inside = false;
  for (let at = Math.min(...starts); at < path.length; at++) {
    inside ||= starts.has(at);
    if (path[at] === '/') inside = false;
    if (inside) ends.add(at + 1);
  }
}

function parsePattern(pattern: string): PathPart[] {
  const parts: PathPart[] = [];
  let from = 0;
  const addLiteral = (to: number) => {
    const literal = pattern.slice(from, to);
    if (literal !== '') parts.push({ literal: decoded(literal) ?? literal });
  };
  for (const wildcard of pattern.matchAll(WILDCARDS)) {
    addLiteral(wildcard.index);
    parts.push(wildcard[0] === '**' ? 'anything' : 'part');
    from = wildcard.index + wildcard[0].length;
  }
  addLiteral(pattern.length);
  return parts;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
