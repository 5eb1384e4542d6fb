import type { Endpoint } from './compiled-operation.ts';

/** `/servers/{id}` as the router writes it: `/servers/:id`; `{path*}` as `*`. */
export function fastifyPath(path: string): string {
  return path
    .split('/')
    .map((segment) => {
      if (/^\{\w+\*\}$/.test(segment)) return '*';
      // A literal colon would begin a parameter.
      return segment.replaceAll(':', '::').replace(/\{(\w+)\}/g, ':$1');
    })
    .join('/');
}

/** Tells an unknown path from a wrong method. Only asked about requests that no route took. */
export class PathTable {
  readonly #entries: readonly { readonly pattern: RegExp; readonly methods: readonly string[] }[];

  constructor(endpoints: readonly Endpoint[]) {
    this.#entries = endpoints.map((one) => ({
      pattern: patternOf(one.path),
      methods: one.operations.some((op) => op.operation.head) ? [one.method, 'HEAD'] : [one.method],
    }));
  }

  /** The methods that a path takes; none for a path that does not exist. */
  methodsOf(path: string): string[] {
    const found = this.#entries.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
    return [...new Set(found)].toSorted();
  }
}

function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.+?^$()|[\]\\]/g, '\\$&')
    .replace(/\{\w+\*\}/g, '.*')
    .replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source.replace(/\/$/, '')}/?$`);
}
