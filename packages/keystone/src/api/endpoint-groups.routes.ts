import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import {
  createEndpointGroup,
  deleteEndpointGroup,
  listEndpointGroups,
  showEndpointGroup,
  updateEndpointGroup,
} from './endpoint-groups.ts';
import { endpointGroupToWire } from './wire/endpoint-groups.ts';
import { pageLinks } from './wire/lists.ts';
import { equalities } from './wire/query.ts';

export function endpointGroupRoutes({ endpointGroups }: KeystoneParts): Route[] {
  return [
    implement(listEndpointGroups, async ({ query, request }) => {
      const { name, limit, marker } = query;
      const found = await endpointGroups.list({ filters: equalities({ name }), limit, marker });
      const endpoint_groups = found.rows.map((one) => endpointGroupToWire(one, request));
      return { endpoint_groups, links: pageLinks(request, found) };
    }),
    implement(createEndpointGroup, async ({ body, request }) => {
      const { name, description, filters } = body.endpoint_group;
      const group = await endpointGroups.create({ name, description, filters });
      return { endpoint_group: endpointGroupToWire(group, request) };
    }),
    implement(showEndpointGroup, async ({ params, request }) => ({
      endpoint_group: endpointGroupToWire(await endpointGroups.get(params.endpoint_group_id), request),
    })),
    implement(updateEndpointGroup, async ({ params, body, request }) => {
      const { name, description, filters } = body.endpoint_group;
      const group = await endpointGroups.update(params.endpoint_group_id, { name, description, filters });
      return { endpoint_group: endpointGroupToWire(group, request) };
    }),
    implement(deleteEndpointGroup, ({ params }) => endpointGroups.delete(params.endpoint_group_id)),
  ];
}
