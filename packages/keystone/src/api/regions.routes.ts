import { implement, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { KeystoneParts } from '../app/compose.ts';
import { invalid } from '../errors.ts';
import {
  createNamedRegion,
  createRegion,
  deleteRegion,
  listRegions,
  type RegionCreate,
  showRegion,
  updateRegion,
} from './regions.ts';
import { regionToWire } from './wire/catalog.ts';
import { pageLinks } from './wire/lists.ts';
import { equalities } from './wire/query.ts';

function fromWire({ id, description, parent_region_id: parentRegionId }: Static<typeof RegionCreate>) {
  return { id: id ?? undefined, description: description === null ? '' : description, parentRegionId };
}

export function regionRoutes({ catalog }: KeystoneParts): Route[] {
  return [
    implement(listRegions, async ({ query, request }) => {
      const { parent_region_id, limit, marker } = query;
      const found = await catalog.listRegions({ filters: equalities({ parent_region_id }), limit, marker });
      return { regions: found.rows.map((one) => regionToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createRegion, async ({ body, request }) => ({
      region: regionToWire(await catalog.createRegion(fromWire(body.region)), request),
    })),
    implement(createNamedRegion, async ({ params, body, request }) => {
      const { region_id: id } = params;
      if (body.region.id != null && body.region.id !== id)
        throw invalid({ message: `Conflicting region IDs specified: "${id}" != "${body.region.id}"` });
      return { region: regionToWire(await catalog.createRegion({ ...fromWire(body.region), id }), request) };
    }),
    implement(showRegion, async ({ params, request }) => ({
      region: regionToWire(await catalog.getRegion(params.region_id), request),
    })),
    implement(updateRegion, async ({ params, body, request }) => ({
      region: regionToWire(await catalog.updateRegion(params.region_id, fromWire(body.region)), request),
    })),
    implement(deleteRegion, ({ params }) => catalog.deleteRegion(params.region_id)),
  ];
}
