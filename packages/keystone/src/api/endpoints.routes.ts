import { implement, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { KeystoneParts } from '../app/compose.ts';
import { extraOf } from '../app/extra-attributes.ts';
import {
  createEndpoint,
  deleteEndpoint,
  type EndpointUpdate,
  listEndpoints,
  showEndpoint,
  updateEndpoint,
} from './endpoints.ts';
import { endpointToWire } from './wire/catalog.ts';
import { pageLinks } from './wire/lists.ts';
import { sameId } from './wire/same-id.ts';
import { sameNames, searches } from './wire/searches.ts';

const OURS = new Set(['id', 'links', 'service_id', 'interface', 'url', 'region_id', 'region', 'enabled']);
const FILTERS = sameNames('service_id', 'interface', 'region_id');

export function endpointRoutes({ catalog }: KeystoneParts): Route[] {
  return [
    implement(listEndpoints, async ({ query, request }) => {
      const { limit, marker } = query;
      const found = await catalog.listEndpoints({ filters: searches(query, FILTERS), limit, marker });
      return { endpoints: found.rows.map((one) => endpointToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createEndpoint, async ({ body, request }) => {
      const { service_id: serviceId, interface: side, url, region } = body.endpoint;
      const wanted = { ...changesOf(body.endpoint), serviceId, interface: side, url };
      return { endpoint: endpointToWire(await catalog.createEndpoint(wanted, region ?? undefined), request) };
    }),
    implement(showEndpoint, async ({ params, request }) => ({
      endpoint: endpointToWire(await catalog.getEndpoint(params.endpoint_id), request),
    })),
    implement(updateEndpoint, async ({ params, body, request }) => {
      const { endpoint_id: id } = params;
      sameId(body.endpoint, id);
      const { region } = body.endpoint;
      const endpoint = await catalog.updateEndpoint(id, changesOf(body.endpoint), region ?? undefined);
      return { endpoint: endpointToWire(endpoint, request) };
    }),
    implement(deleteEndpoint, ({ params }) => catalog.deleteEndpoint(params.endpoint_id)),
  ];
}

function changesOf(wanted: Static<typeof EndpointUpdate>) {
  const { service_id: serviceId, interface: side, url, region_id: regionId, enabled } = wanted;
  return { serviceId, interface: side, url, regionId, enabled, extra: extraOf(wanted, OURS) };
}
