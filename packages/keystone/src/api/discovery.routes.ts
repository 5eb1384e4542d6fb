import { implement, type Route } from '@kumo/core/http';
import { listVersions, showVersion } from './discovery.ts';

/** The version of the API that this Keystone speaks, and the day it was set. */
const VERSION = { id: 'v3.14', status: 'stable', updated: '2020-04-07T00:00:00Z' };

export function discoveryRoutes(): Route[] {
  const body = (baseUrl: string) => ({
    ...VERSION,
    links: [{ rel: 'self', href: `${baseUrl}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  });
  return [
    implement(listVersions, ({ request, reply }) => {
      reply.header('Location', `${request.baseUrl}/v3/`);
      reply.header('Vary', 'X-Auth-Token');
      return { versions: { values: [body(request.baseUrl)] } };
    }),
    implement(showVersion, ({ request, reply }) => {
      reply.header('Vary', 'X-Auth-Token');
      return { version: body(request.baseUrl) };
    }),
  ];
}
