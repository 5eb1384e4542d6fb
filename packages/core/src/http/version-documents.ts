import { Type as T } from 'typebox';
import { operation } from './operation.ts';
import { implement, type Route } from './route.ts';

/** One entry of a service's discovery document. */
export interface VersionDocument {
  /** `v2.1` */
  readonly id: string;
  readonly status: 'CURRENT' | 'SUPPORTED' | 'DEPRECATED' | 'EXPERIMENTAL' | 'stable';
  /** Newest microversion; empty string or absent for none, as the service shows it. */
  readonly version?: string;
  readonly minVersion?: string;
  readonly updated?: string;
  /** Where it lives: `/v2.1/`. */
  readonly path: string;
  readonly mediaTypes?: readonly { base: string; type: string }[];
}

/** The common wire form `{id, status, version, min_version, updated, links}`. */
export function versionBody(document: VersionDocument, baseUrl: string): Record<string, unknown> {
  const { id, status, version, minVersion, updated, path, mediaTypes } = document;
  return {
    id,
    status,
    ...(version === undefined ? {} : { version }),
    ...(minVersion === undefined ? {} : { min_version: minVersion }),
    ...(updated === undefined ? {} : { updated }),
    links: [{ rel: 'self', href: `${baseUrl}${path}` }],
    ...(mediaTypes === undefined ? {} : { 'media-types': mediaTypes }),
  };
}

/**
 * Public discovery routes of the common shape: `GET /` lists `{versions: […]}` (without media types, as Nova does), `GET <path>`
 * shows `{version: {…}}`.
 *
 * @param options.rootStatus 200 (Nova, Neutron, Placement) or 300 (Keystone, Cinder, Glance).
 */
export function versionRoutes(
  documents: readonly VersionDocument[],
  options: { rootStatus?: 200 | 300 } = {},
): Route[] {
  const root = operation({
    name: 'listVersions',
    method: 'GET',
    path: '/',
    policy: 'none',
    status: options.rootStatus ?? 200,
    reply: T.Object({ versions: T.Array(T.Record(T.String(), T.Unknown())) }),
  });
  const show = (document: VersionDocument) =>
    implement(
      operation({
        name: `showVersion_${document.id}`,
        method: 'GET',
        path: document.path.replace(/(.)\/$/, '$1'),
        policy: 'none',
        reply: T.Object({ version: T.Record(T.String(), T.Unknown()) }),
      }),
      ({ request }) => ({ version: versionBody(document, request.baseUrl) }),
    );
  return [
    implement(root, ({ request }) => ({
      versions: documents.map(({ mediaTypes: _, ...one }) => versionBody(one, request.baseUrl)),
    })),
    ...documents.filter((one) => one.path !== '/').map(show),
  ];
}
