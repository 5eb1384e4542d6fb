import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Type as T } from 'typebox';
import { PROJECT } from './policies.ts';
import { PageLinks, plainListQuery, showQuery } from './shared-schemas.ts';

const Link = T.Object({ rel: T.String(), href: T.String() });

export const listVersions = operation({
  name: 'listVersions',
  method: 'GET',
  path: '/',
  policy: 'none',
  reply: T.Object({ versions: T.Array(T.Object({ id: T.String(), status: T.String(), links: T.Array(Link) })) }),
});

export const showVersion = operation({
  name: 'showVersion',
  method: 'GET',
  path: '/v2.0',
  policy: 'authenticated',
  reply: T.Object({
    resources: T.Array(T.Object({ name: T.String(), collection: T.String(), links: T.Array(Link) })),
  }),
  errors: [401],
});

const ExtensionBody = T.Object({
  alias: T.String(),
  name: T.String(),
  description: T.String(),
  updated: T.String(),
  links: T.Array(Link),
});

export const listExtensions = operation({
  name: 'listExtensions',
  method: 'GET',
  path: '/v2.0/extensions',
  policy: 'authenticated',
  query: T.Object({ fields: showQuery.properties.fields }),
  reply: T.Object({ extensions: T.Array(ExtensionBody) }),
  errors: [401],
});

export const showExtension = operation({
  name: 'showExtension',
  method: 'GET',
  path: '/v2.0/extensions/{alias}',
  policy: 'authenticated',
  reply: T.Object({ extension: ExtensionBody }),
  errors: [401, 404],
});

export const listAvailabilityZones = operation({
  name: 'listAvailabilityZones',
  method: 'GET',
  path: '/v2.0/availability_zones',
  policy: policy('get_availability_zone', 'role:reader', PROJECT),
  query: plainListQuery('name', 'resource', 'state'),
  reply: T.Object({
    availability_zones: T.Array(T.Object({ name: T.String(), resource: T.String(), state: T.String() })),
  }),
  errors: [400, 401],
});

export const listServiceProviders = operation({
  name: 'listServiceProviders',
  method: 'GET',
  path: '/v2.0/service-providers',
  policy: policy('get_service_provider', 'role:reader', PROJECT),
  query: plainListQuery('service_type', 'name', 'default'),
  reply: T.Object({ service_providers: T.Array(T.Record(T.String(), T.Unknown())) }),
  errors: [400, 401],
});

const AvailabilityBody = T.Object({
  network_id: T.String(),
  network_name: T.String(),
  tenant_id: T.String(),
  project_id: T.String(),
  total_ips: T.Number(),
  used_ips: T.Integer(),
  subnet_ip_availability: T.Array(
    T.Object({
      subnet_id: T.String(),
      subnet_name: T.String(),
      ip_version: T.Integer(),
      cidr: T.String(),
      total_ips: T.Number(),
      used_ips: T.Integer(),
    }),
  ),
});

export const listIpAvailabilities = operation({
  name: 'listIpAvailabilities',
  method: 'GET',
  path: '/v2.0/network-ip-availabilities',
  policy: policy('get_network_ip_availability', '(rule:admin_only) or (rule:service_api)', PROJECT),
  query: plainListQuery('network_id', 'network_name', 'tenant_id', 'project_id', 'ip_version'),
  reply: T.Object({ network_ip_availabilities: T.Array(AvailabilityBody), network_ip_availabilities_links: PageLinks }),
  errors: [400, 401, 403],
});

export const showIpAvailability = operation({
  name: 'showIpAvailability',
  method: 'GET',
  path: '/v2.0/network-ip-availabilities/{network_id}',
  policy: listIpAvailabilities.policy,
  query: showQuery,
  reply: T.Object({ network_ip_availability: AvailabilityBody }),
  errors: [401, 403, 404],
});
