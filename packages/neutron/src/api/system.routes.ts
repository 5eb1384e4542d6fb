import { implement, pickFields, type RequestFacts, type Route } from '@kumo/core/http';
import type { IpAvailabilities, IpAvailability } from '../app/ip-availability.ts';
import { extensionNotFound } from '../errors.ts';
import { extensions } from './extensions.ts';
import { listRequestOf, pageBody } from './list-request.ts';
import {
  listAvailabilityZones,
  listExtensions,
  listIpAvailabilities,
  listServiceProviders,
  listVersions,
  showExtension,
  showIpAvailability,
  showVersion,
} from './system.ts';

const COLLECTIONS = {
  network: 'networks',
  subnet: 'subnets',
  port: 'ports',
  router: 'routers',
  floatingip: 'floatingips',
  security_group: 'security-groups',
  security_group_rule: 'security-group-rules',
  agent: 'agents',
  quota: 'quotas',
};

const self = (request: RequestFacts, path: string) => [{ rel: 'self', href: `${request.baseUrl}${path}` }];

/** Filters a short list in memory. */
function matching<T extends object>(rows: readonly T[], query: object): T[] {
  const filters = Object.entries(query).filter(([, values]) => Array.isArray(values)) as [string, string[]][];
  return rows.filter((row) =>
    filters.every(([name, values]) => name === 'fields' || values.includes(String(row[name as keyof T]))),
  );
}

export function systemRoutes(
  availabilities: IpAvailabilities,
  options: { availabilityZone: string; maxPageSize: number },
): Route[] {
  const zones = ['network', 'router'].map((resource) => ({
    name: options.availabilityZone,
    resource,
    state: 'available',
  }));
  const providers = [{ service_type: 'L3_ROUTER_NAT', name: 'single_node', default: true }];
  const withLinks = (extension: (typeof extensions)[number]) => ({ ...extension, links: [] });
  return [
    implement(listVersions, ({ request }) => ({
      versions: [{ id: 'v2.0', status: 'CURRENT', links: self(request, '/v2.0/') }],
    })),
    implement(showVersion, ({ request }) => ({
      resources: Object.entries(COLLECTIONS).map(([name, path]) => ({
        name,
        collection: path.replaceAll('-', '_'),
        links: self(request, `/v2.0/${path}`),
      })),
    })),
    implement(listExtensions, ({ query }) => ({
      extensions: extensions.map((one) => pickFields(withLinks(one), query.fields) as ReturnType<typeof withLinks>),
    })),
    implement(showExtension, ({ params }) => {
      const found = extensions.find((one) => one.alias === params.alias);
      if (!found) throw extensionNotFound({ alias: params.alias });
      return { extension: withLinks(found) };
    }),
    implement(listAvailabilityZones, ({ query }) => ({ availability_zones: matching(zones, query) })),
    implement(listServiceProviders, ({ query }) => ({ service_providers: matching(providers, query) })),
    implement(listIpAvailabilities, async ({ query, request }) => {
      const list = listRequestOf(query, { network_name: 'name', network_id: 'id' }, options.maxPageSize);
      const page = await availabilities.list(list);
      const shown = { ...page, rows: page.rows.map(availabilityBody) };
      return pageBody(
        'network_ip_availabilities',
        shown as { rows: (ReturnType<typeof availabilityBody> & { id?: string })[]; hasMore: boolean },
        {
          request,
          list,
          fields: query.fields,
          paged: false,
        },
      );
    }),
    implement(showIpAvailability, async ({ params }) => ({
      network_ip_availability: availabilityBody(await availabilities.show(params.network_id)),
    })),
  ];
}

function availabilityBody({ network, subnets }: IpAvailability) {
  const sum = (of: 'total' | 'used') => subnets.reduce((total, one) => total + one[of], 0);
  return {
    network_id: network.id,
    network_name: network.name,
    tenant_id: network.projectId,
    project_id: network.projectId,
    total_ips: sum('total'),
    used_ips: sum('used'),
    subnet_ip_availability: subnets.map(({ subnet, total, used }) => ({
      subnet_id: subnet.id,
      subnet_name: subnet.name,
      ip_version: subnet.ipVersion,
      cidr: subnet.cidr,
      total_ips: total,
      used_ips: used,
    })),
  };
}
