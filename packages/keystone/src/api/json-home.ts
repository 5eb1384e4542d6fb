import { EXPERIMENTAL, PARAMETERS, RELATIONS } from './json-home-relations.ts';
import { prefers } from './wire/accept.ts';

const BASE = 'https://docs.openstack.org/api/openstack-identity/3';

interface Resource {
  readonly href?: string;
  readonly 'href-template'?: string;
  readonly 'href-vars'?: Readonly<Record<string, string>>;
  readonly hints?: { readonly status: string };
}

/**
 * The resources of the identity API as Keystone's JSON-home document lists them, those that are served here.
 * @param served the paths of the routes. @param prefix what paths begin with: nothing in the document of /v3 itself.
 */
export function jsonHome(served: readonly string[], prefix: '' | '/v3'): { resources: Record<string, Resource> } {
  const shapes = new Set(served.map(shapeOf));
  const resources: Record<string, Resource> = {};
  for (const [extension, names] of Object.entries(RELATIONS)) {
    const place = extension === '' ? 'rel' : `ext/${extension}/1.0/rel`;
    for (const [name, path] of Object.entries(names)) {
      if (!shapes.has(shapeOf(`/v3${path}`))) continue;
      const hints = extension === '' && EXPERIMENTAL.has(name) ? { hints: { status: 'experimental' } } : {};
      resources[`${BASE}/${place}/${name}`] = { ...linkTo(path, prefix), ...hints };
    }
  }
  return { resources };
}

/** Whether an Accept header asks for JSON-home rather than for plain JSON. */
export function prefersJsonHome(accept: string | undefined): boolean {
  return prefers(accept, 'application/json-home', 'application/json');
}

function linkTo(path: string, prefix: string): Resource {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1] as string);
  if (names.length === 0) return { href: `${prefix}${path}` };
  const relations = names.map((name) => [name, `${BASE}/${PARAMETERS[name] ?? `param/${name}`}`]);
  return { 'href-template': `${prefix}${path}`, 'href-vars': Object.fromEntries(relations) };
}

/** A path without its parameters' names. */
function shapeOf(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '{}');
}
