import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { createEndpoint, deleteEndpoint, listEndpoints, showEndpoint, updateEndpoint } from './endpoints.ts';
import { endpointToWire } from './wire/catalog.ts';
import { pageLinks } from './wire/lists.ts';
import { equalities } from './wire/query.ts';

export function endpointRoutes({ catalog }: KeystoneParts): Route[] {
  return [
    implement(listEndpoints, async ({ query, request }) => {
      const { service_id, interface: side, region_id = query.region, limit, marker } = query;
      const filters = equalities({ service_id, interface: side, region_id });
      const found = await catalog.listEndpoints({ filters, limit, marker });
      return { endpoints: found.rows.map((one) => endpointToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createEndpoint, async ({ body, request }) => {
      const { service_id: serviceId, interface: side, url, region_id: regionId, region, enabled } = body.endpoint;
      const endpoint = await catalog.createEndpoint(
        { serviceId, interface: side, url, regionId, enabled },
        region ?? undefined,
      );
      return { endpoint: endpointToWire(endpoint, request) };
    }),
    implement(showEndpoint, async ({ params, request }) => ({
      endpoint: endpointToWire(await catalog.getEndpoint(params.endpoint_id), request),
    })),
    implement(updateEndpoint, async ({ params, body, request }) => {
      const { service_id: serviceId, interface: side, url, region_id: regionId, region, enabled } = body.endpoint;
      const endpoint = await catalog.updateEndpoint(
        params.endpoint_id,
        { serviceId, interface: side, url, regionId, enabled },
        region ?? undefined,
      );
      return { endpoint: endpointToWire(endpoint, request) };
    }),
    implement(deleteEndpoint, ({ params }) => catalog.deleteEndpoint(params.endpoint_id)),
  ];
}
