import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import {
  createRegisteredLimits,
  deleteRegisteredLimit,
  listRegisteredLimits,
  showRegisteredLimit,
  updateRegisteredLimit,
} from './registered-limits.ts';
import { registeredLimitToWire } from './wire/limits.ts';
import { pageLinks } from './wire/lists.ts';
import { sameNames, searches } from './wire/searches.ts';

const FILTERS = sameNames('service_id', 'region_id', 'resource_name');

export function registeredLimitRoutes({ registeredLimits }: KeystoneParts): Route[] {
  return [
    implement(listRegisteredLimits, async ({ query, request }) => {
      const { limit, marker } = query;
      const found = await registeredLimits.list({ filters: searches(query, FILTERS), limit, marker });
      const registered_limits = found.rows.map((one) => registeredLimitToWire(one, request));
      return { registered_limits, links: pageLinks(request, found) };
    }),
    implement(createRegisteredLimits, async ({ body, request }) => {
      const wanted = body.registered_limits.map((one) => ({
        serviceId: one.service_id,
        regionId: one.region_id ?? null,
        resourceName: one.resource_name,
        defaultLimit: one.default_limit,
        description: one.description ?? null,
      }));
      const limits = await registeredLimits.create(wanted);
      return { registered_limits: limits.map((one) => registeredLimitToWire(one, request)) };
    }),
    implement(showRegisteredLimit, async ({ params, request }) => ({
      registered_limit: registeredLimitToWire(await registeredLimits.get(params.registered_limit_id), request),
    })),
    implement(updateRegisteredLimit, async ({ params, body, request }) => {
      const { service_id, region_id, resource_name, default_limit, description } = body.registered_limit;
      const limit = await registeredLimits.update(params.registered_limit_id, {
        serviceId: service_id,
        regionId: region_id,
        resourceName: resource_name,
        defaultLimit: default_limit,
        description,
      });
      return { registered_limit: registeredLimitToWire(limit, request) };
    }),
    implement(deleteRegisteredLimit, ({ params }) => registeredLimits.delete(params.registered_limit_id)),
  ];
}
