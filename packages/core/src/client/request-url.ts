import { defineError } from '../errors/index.ts';

/** An id that no resource can have, from a user's body perhaps: callers answer it as they answer an unknown one, or as it is. */
export const invalidPathParameter = defineError(
  'badRequest',
  'InvalidPathParameter',
  "Invalid {name}: it must be neither empty nor '.' nor '..', and well-formed text.",
);

/**
 * The path of a call: parameters filled in and encoded (`{path*}` keeps its slashes), query appended.
 * @throws invalidPathParameter when a parameter is empty, would climb (`.`, `..`) or cannot be encoded.
 */
export function requestPath(
  template: string,
  params: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, unknown>>,
): string {
  const path = template.replace(/\{(\w+)(\*)?\}/g, (_, name: string, rest: string | undefined) => {
    const value = params[name];
    if (rest === undefined && (value === undefined || value === null))
      throw new Error(`${template}: the parameter ${name} is missing`);
    const text = String(value ?? '');
    if (rest !== undefined)
      return text
        .split('/')
        .map((segment) => encodeSegment(segment, name))
        .join('/');
    if (text === '') throw invalidPathParameter({ name });
    return encodeSegment(text, name);
  });
  const search = searchOf(query);
  return search === '' ? path : `${path}?${search}`;
}

function encodeSegment(text: string, name: string): string {
  if (text === '.' || text === '..' || !text.isWellFormed()) throw invalidPathParameter({ name });
  return encodeURIComponent(text);
}

/** Lists repeat their name; undefined is left out. */
function searchOf(query: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  return search.toString();
}
