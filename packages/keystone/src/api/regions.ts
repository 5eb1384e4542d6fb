import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { listOf, page, SelfLink } from './pieces.ts';
import { ADMIN, anyScope, cloudScope } from './rules.ts';

const RegionId = T.String({ maxLength: 255 });

export const RegionBody = T.Object({
  id: T.String(),
  description: T.String(),
  parent_region_id: T.Union([T.String(), T.Null()]),
  links: SelfLink,
});
export const RegionCreate = T.Object({
  id: T.Optional(T.Union([RegionId, T.Null()])),
  description: T.Optional(T.Union([T.String({ maxLength: 255 }), T.Null()])),
  parent_region_id: T.Optional(T.Union([RegionId, T.Null()])),
});
export const RegionUpdate = T.Omit(RegionCreate, ['id'], { minProperties: 1 });
const Shown = T.Object({ region: RegionBody });
const ONE = '/v3/regions/{region_id}';

export const listRegions = operation({
  name: 'listRegions',
  method: 'GET',
  path: '/v3/regions',
  head: true,
  policy: anyScope('list_regions', ''),
  query: T.Object({ ...page, parent_region_id: T.Optional(RegionId) }),
  reply: listOf('regions', RegionBody),
  errors: [400, 401, 403],
});

export const createRegion = operation({
  name: 'createRegion',
  method: 'POST',
  path: '/v3/regions',
  policy: cloudScope('create_region', ADMIN),
  body: T.Object({ region: RegionCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const createNamedRegion = operation({
  name: 'createNamedRegion',
  method: 'PUT',
  path: ONE,
  policy: cloudScope('create_region', ADMIN),
  body: T.Object({ region: RegionCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const showRegion = operation({
  name: 'showRegion',
  method: 'GET',
  path: ONE,
  head: true,
  policy: anyScope('get_region', ''),
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateRegion = operation({
  name: 'updateRegion',
  method: 'PATCH',
  path: ONE,
  policy: cloudScope('update_region', ADMIN),
  body: T.Object({ region: RegionUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404],
});

export const deleteRegion = operation({
  name: 'deleteRegion',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('delete_region', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});
