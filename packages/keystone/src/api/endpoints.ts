import { operation } from '@kumo/core/http';
import { Nullable, StringEnum } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { ADMIN, ADMIN_OR_SYSTEM_READER, cloudScope } from './rules.ts';
import { Description, IdQuery, listOf, page, SelfLink } from './shared-schemas.ts';

const Interface = StringEnum('admin', 'internal', 'public');
const Region = Nullable(T.String({ maxLength: 255 }));

export const EndpointBody = T.Object({
  id: T.String(),
  service_id: T.String(),
  interface: T.String(),
  region: Nullable(T.String()),
  region_id: Nullable(T.String()),
  url: T.String(),
  enabled: T.Boolean(),
  links: SelfLink,
});
const Required = {
  service_id: T.String({ maxLength: 255 }),
  interface: Interface,
  url: T.String({ maxLength: 225, pattern: '^[a-zA-Z0-9+.-]+:.+', form: 'a URL with a scheme, like http://host' }),
};
const Rest = {
  region_id: T.Optional(Region),
  /** The old name of `region_id`; a region that is not there is made. */
  region: T.Optional(Region),
  enabled: T.Optional(T.Boolean()),
  name: T.Optional(T.String({ maxLength: 255 })),
  description: T.Optional(Nullable(Description)),
};
/** What else a client sends is kept and shown, as Keystone does. */
export const EndpointCreate = T.Object({ ...Required, ...Rest }, { maxProperties: 64 });
export const EndpointUpdate = T.Partial(EndpointCreate, { minProperties: 1, maxProperties: 64 });
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
    interface: T.Optional(Interface),
    region_id: T.Optional(IdQuery),
  }),
  reply: listOf('endpoints', EndpointBody),
  errors: [400, 401, 403],
});

export const createEndpoint = operation({
  name: 'createEndpoint',
  method: 'POST',
  path: '/v3/endpoints',
  policy: cloudScope('create_endpoint', ADMIN),
  body: T.Object({ endpoint: EndpointCreate }, { additionalProperties: false }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403],
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
  body: T.Object({ endpoint: EndpointUpdate }, { additionalProperties: false }),
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
