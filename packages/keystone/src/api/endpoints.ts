import { operation } from '@kumo/core/http';
import { StringEnum } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { Id, IdQuery, listOf, page, SelfLink } from './pieces.ts';
import { ADMIN, ADMIN_OR_SYSTEM_READER, cloudScope } from './rules.ts';

const nullableRegion = T.Union([T.String({ maxLength: 255 }), T.Null()]);

export const EndpointBody = T.Object({
  id: T.String(),
  service_id: T.String(),
  interface: T.String(),
  region: T.Union([T.String(), T.Null()]),
  region_id: T.Union([T.String(), T.Null()]),
  url: T.String(),
  enabled: T.Boolean(),
  links: SelfLink,
});
export const EndpointCreate = T.Object({
  service_id: Id,
  interface: StringEnum('admin', 'internal', 'public'),
  url: T.String({ minLength: 1, maxLength: 2048, pattern: '^[a-zA-Z0-9+.-]+:.+' }),
  region_id: T.Optional(nullableRegion),
  /** The old name of `region_id`; a region that is not there is made. */
  region: T.Optional(nullableRegion),
  enabled: T.Optional(T.Boolean()),
});
export const EndpointUpdate = T.Partial(EndpointCreate, { minProperties: 1 });
const Shown = T.Object({ endpoint: EndpointBody });
const ONE = '/v3/endpoints/{endpoint_id}';

export const listEndpoints = operation({
  name: 'listEndpoints',
  method: 'GET',
  path: '/v3/endpoints',
  head: true,
  policy: cloudScope('list_endpoints', ADMIN_OR_SYSTEM_READER),
  query: T.Object({
    ...page,
    service_id: T.Optional(IdQuery),
    interface: T.Optional(T.String({ maxLength: 16 })),
    region_id: T.Optional(IdQuery),
    region: T.Optional(IdQuery),
  }),
  reply: listOf('endpoints', EndpointBody),
  errors: [400, 401, 403],
});

export const createEndpoint = operation({
  name: 'createEndpoint',
  method: 'POST',
  path: '/v3/endpoints',
  policy: cloudScope('create_endpoint', ADMIN),
  body: T.Object({ endpoint: EndpointCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404],
});

export const showEndpoint = operation({
  name: 'showEndpoint',
  method: 'GET',
  path: ONE,
  head: true,
  policy: cloudScope('get_endpoint', ADMIN_OR_SYSTEM_READER),
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateEndpoint = operation({
  name: 'updateEndpoint',
  method: 'PATCH',
  path: ONE,
  policy: cloudScope('update_endpoint', ADMIN),
  body: T.Object({ endpoint: EndpointUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404],
});

export const deleteEndpoint = operation({
  name: 'deleteEndpoint',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('delete_endpoint', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});
