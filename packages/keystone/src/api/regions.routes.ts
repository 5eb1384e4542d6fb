import { implement, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { KeystoneParts } from '../app/compose.ts';
import { extraOf } from '../app/extra-attributes.ts';
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
import { sameId } from './wire/same-id.ts';
import { sameNames, searches } from './wire/searches.ts';

const OURS = new Set(['id', 'links', 'description', 'parent_region_id']);
const FILTERS = sameNames('parent_region_id');

function fromWire(wanted: Static<typeof RegionCreate>) {
  const { id, description, parent_region_id: parentRegionId } = wanted;
  const extra = extraOf(wanted, OURS);
  return { id: id ?? undefined, description: description === null ? '' : description, parentRegionId, extra };
}

export function regionRoutes({ regions }: KeystoneParts): Route[] {
  return [
    implement(listRegions, async ({ query, request }) => {
      const { limit, marker } = query;
      const found = await regions.list({ filters: searches(query, FILTERS), limit, marker });
      return { regions: found.rows.map((one) => regionToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createRegion, async ({ body, request }) => ({
      region: regionToWire(await regions.create(fromWire(body.region)), request),
    })),
    implement(createNamedRegion, async ({ params, body, request }) => {
      const { region_id: id } = params;
      if (body.region.id != null && body.region.id !== id)
        throw invalid({ message: `Conflicting region IDs specified: "${id}" != "${body.region.id}"` });
      return { region: regionToWire(await regions.create({ ...fromWire(body.region), id }), request) };
    }),
    implement(showRegion, async ({ params, request }) => ({
      region: regionToWire(await regions.get(params.region_id), request),
    })),
    implement(updateRegion, async ({ params, body, request }) => {
      sameId(body.region, params.region_id);
      return { region: regionToWire(await regions.update(params.region_id, fromWire(body.region)), request) };
    }),
    implement(deleteRegion, ({ params }) => regions.delete(params.region_id)),
  ];
}
