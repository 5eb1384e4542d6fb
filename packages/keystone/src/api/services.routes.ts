import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { createService, deleteService, listServices, showService, updateService } from './services.ts';
import { serviceToWire } from './wire/catalog.ts';
import { pageLinks } from './wire/lists.ts';
import { equalities } from './wire/query.ts';

export function serviceRoutes({ catalog }: KeystoneParts): Route[] {
  return [
    implement(listServices, async ({ query, request }) => {
      const { type, name, limit, marker } = query;
      const found = await catalog.listServices({ filters: equalities({ type, name }), limit, marker });
      return { services: found.rows.map((one) => serviceToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createService, async ({ body, request }) => {
      const { type, name, description, enabled } = body.service;
      return { service: serviceToWire(await catalog.createService({ type, name, description, enabled }), request) };
    }),
    implement(showService, async ({ params, request }) => ({
      service: serviceToWire(await catalog.getService(params.service_id), request),
    })),
    implement(updateService, async ({ params, body, request }) => {
      const { type, name, description, enabled } = body.service;
      const service = await catalog.updateService(params.service_id, { type, name, description, enabled });
      return { service: serviceToWire(service, request) };
    }),
    implement(deleteService, ({ params }) => catalog.deleteService(params.service_id)),
  ];
}
