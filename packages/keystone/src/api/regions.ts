import { operation } from '@kumo/core/http';
import { Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { ADMIN, anyScope, cloudScope } from './rules.ts';
import { listOf, page, SelfLink } from './shared-schemas.ts';

const RegionId = T.String({ minLength: 1, maxLength: 255 });

export const RegionBody = T.Object({
  id: T.String(),
  description: T.String(),
  parent_region_id: Nullable(T.String()),
  links: SelfLink,
});
const Description = T.Optional(Nullable(T.String({ maxLength: 255 })));
const Parent = T.Optional(Nullable(RegionId));
/** What else a client sends is kept and shown, as Keystone does. An empty id asks for one to be made. */
export const RegionCreate = T.Object(
  {
    id: T.Optional(Nullable(T.String({ maxLength: 255 }))),
    description: Description,
    parent_region_id: Parent,
  },
  { maxProperties: 64 },
);
export const RegionUpdate = T.Object(
  { id: T.Optional(Nullable(RegionId)), description: Description, parent_region_id: Parent },
  { minProperties: 1, maxProperties: 64 },
);
const Shown = T.Object({ region: RegionBody });
const ONE = '/v3/regions/{region_id}';

export const listRegions = operation({
  name: 'listRegions',
  method: 'GET',
  path: '/v3/regions',
  head: true,
  policy: anyScope('list_regions', ''),
  query: T.Object({ ...page, parent_region_id: T.Optional(RegionId) }, { additionalProperties: false }),
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
  body: T.Object({ region: RegionUpdate }, { additionalProperties: false }),
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
