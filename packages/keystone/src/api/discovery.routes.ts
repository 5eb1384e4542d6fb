import { implement, type ReplyControl, type RequestFacts, type Route } from '@kumo/core/http';
import { listVersions, showVersion } from './discovery.ts';
import { jsonHome, prefersJsonHome } from './json-home.ts';

/** The version of the API that this Keystone speaks, and the day it was set. */
const VERSION = { id: 'v3.14', status: 'stable', updated: '2020-04-07T00:00:00Z' };

/** @param served the other routes, for the JSON-home document. */
export function discoveryRoutes(served: readonly Route[]): Route[] {
  const paths = [...new Set(served.map((route) => route.operation.path))];
  const atRoot = bytes(jsonHome(paths, '/v3'));
  const below = bytes(jsonHome(paths, ''));
  return [
    implement(listVersions, ({ request, reply }) => {
      if (asksForHome(request, reply)) {
        reply.status(200);
        return atRoot;
      }
      reply.header('Location', `${request.baseUrl}/v3/`);
      return bytes({ versions: { values: [versionAt(request.baseUrl)] } });
    }),
    implement(showVersion, ({ request, reply }) =>
      asksForHome(request, reply) ? below : bytes({ version: versionAt(request.baseUrl) }),
    ),
  ];
}

/** Not a text: Fastify would name its encoding in the content type, which Keystone does not. */
function bytes(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body));
}

function versionAt(baseUrl: string) {
  return {
    ...VERSION,
    links: [{ rel: 'self', href: `${baseUrl}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}

/** Says in the answer's headers what it is. */
function asksForHome({ headers }: RequestFacts, reply: ReplyControl): boolean {
  const isHome = prefersJsonHome(headers.accept);
  reply.header('Content-Type', isHome ? 'application/json-home' : 'application/json');
  reply.header('Vary', 'X-Auth-Token');
  return isHome;
}
