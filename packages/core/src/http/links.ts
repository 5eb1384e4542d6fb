import { flatText } from './flat-text.ts';
import type { RequestFacts } from './route.ts';

type Link = { rel: string; href: string };

/**
 * The request's own URL with some query parameters changed; `undefined` takes one out.
 * @returns an absolute URL.
 */
export function requestUrlWith(request: RequestFacts, changes: Readonly<Record<string, string | undefined>>): string {
  return flatText`${request.baseUrl}${pathWith(request, changes)}`;
}

/** Nova's and Cinder's `{servers_links: [{rel: 'next', href}]}`; nothing on the last page (`next` undefined). */
export function nextLinks<K extends string>(
  collection: K,
  request: RequestFacts,
  next: string | undefined,
): { [P in `${K}_links`]?: Link[] } {
  if (next === undefined) return {};
  return { [`${collection}_links`]: [{ rel: 'next', href: requestUrlWith(request, { marker: next }) }] } as {
    [P in `${K}_links`]?: Link[];
  };
}

/** Neutron's `{networks_links: [next, previous]}`; a link back turns the order round (`page_reverse`). */
export function pageLinks<K extends string>(
  collection: K,
  request: RequestFacts,
  page: { next?: string; previous?: string },
): { [P in `${K}_links`]?: Link[] } {
  const links: Link[] = [];
  if (page.next !== undefined)
    links.push({ rel: 'next', href: requestUrlWith(request, { marker: page.next, page_reverse: undefined }) });
  if (page.previous !== undefined)
    links.push({ rel: 'previous', href: requestUrlWith(request, { marker: page.previous, page_reverse: 'True' }) });
  return (links.length === 0 ? {} : { [`${collection}_links`]: links }) as { [P in `${K}_links`]?: Link[] };
}

/** Glance's `{first, next?}`: paths, without a host. */
export function firstAndNext(request: RequestFacts, next: string | undefined): { first: string; next?: string } {
  const first = pathWith(request, { marker: undefined });
  return next === undefined ? { first } : { first, next: pathWith(request, { marker: next }) };
}

/** Keystone's `links` of a list. */
export function keystoneLinks(
  request: RequestFacts,
  next?: string,
): { self: string; next: string | null; previous: null } {
  return {
    self: requestUrlWith(request, {}),
    next: next === undefined ? null : requestUrlWith(request, { marker: next }),
    previous: null,
  };
}

function pathWith(request: RequestFacts, changes: Readonly<Record<string, string | undefined>>): string {
  const [path = '/', query = ''] = request.url.split('?', 2);
  const search = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) search.delete(name);
    else search.set(name, value);
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}
