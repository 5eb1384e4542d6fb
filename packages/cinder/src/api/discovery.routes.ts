import { implement, type RequestFacts, type Route, versionBody } from '@kumo/core/http';
import { listVersions, MAX_VERSION, MIN_VERSION, showVersion } from './discovery.ts';

const v3 = ({ baseUrl }: RequestFacts) =>
  versionBody(
    {
      id: 'v3.0',
      status: 'CURRENT',
      version: MAX_VERSION,
      minVersion: MIN_VERSION,
      updated: '2023-08-31T00:00:00Z',
      path: '/v3/',
      mediaTypes: [{ base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' }],
    },
    baseUrl,
  );

/** Unlike other services, Cinder shows one version as a list too. */
export function discoveryRoutes(): Route[] {
  return [
    implement(listVersions, ({ request }) => ({ versions: [v3(request)] })),
    implement(showVersion, ({ request }) => ({ versions: [v3(request)] })),
  ];
}
