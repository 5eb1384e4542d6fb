import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { extraOf } from '../app/extra-attributes.ts';
import { createService, deleteService, listServices, showService, updateService } from './services.ts';
import { serviceToWire } from './wire/catalog.ts';
import { pageLinks } from './wire/lists.ts';
import { sameId } from './wire/same-id.ts';
import { sameNames, searches } from './wire/searches.ts';

const OURS = new Set(['id', 'links', 'type', 'name', 'description', 'enabled']);
const FILTERS = sameNames('type', 'name');

export function serviceRoutes({ catalog }: KeystoneParts): Route[] {
  return [
    implement(listServices, async ({ query, request }) => {
      const { limit, marker } = query;
      const found = await catalog.listServices({ filters: searches(query, FILTERS), limit, marker });
      return { services: found.rows.map((one) => serviceToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createService, async ({ body, request }) => {
      const { type, name, description, enabled } = body.service;
      const extra = extraOf(body.service, OURS);
      const service = await catalog.createService({ type, name, description, enabled, extra });
      return { service: serviceToWire(service, request) };
    }),
    implement(showService, async ({ params, request }) => ({
      service: serviceToWire(await catalog.getService(params.service_id), request),
    })),
    implement(updateService, async ({ params, body, request }) => {
      const { service_id: id } = params;
      sameId(body.service, id);
      const { type, name, description, enabled } = body.service;
      const extra = extraOf(body.service, OURS);
      const service = await catalog.updateService(id, { type, name, description, enabled, extra });
      return { service: serviceToWire(service, request) };
    }),
    implement(deleteService, ({ params }) => catalog.deleteService(params.service_id)),
  ];
}
