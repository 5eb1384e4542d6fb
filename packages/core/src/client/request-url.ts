/**
 * The path of a call: parameters filled in and encoded (`{path*}` keeps its slashes), query appended.
 * @throws Error when a parameter is missing, empty, or would climb (`.`, `..`).
 */
export function requestPath(
  template: string,
  params: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, unknown>>,
): string {
  const path = template.replace(/\{(\w+)(\*)?\}/g, (_, name: string, rest: string | undefined) => {
    const value = params[name];
    const text = value === undefined || value === null ? '' : String(value);
    if (rest !== undefined)
      return text
        .split('/')
        .map((segment) => encodeSegment(segment, template, name))
        .join('/');
    if (text === '') throw new Error(`${template}: the parameter ${name} is missing`);
    return encodeSegment(text, template, name);
  });
  const search = searchOf(query);
  return search === '' ? path : `${path}?${search}`;
}

function encodeSegment(text: string, template: string, name: string): string {
  if (text === '.' || text === '..') throw new Error(`${template}: ${name} must not be "${text}"`);
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
