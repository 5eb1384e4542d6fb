import { operation } from '@kumo/core/http';
import { Name255, Nullable, StringEnum } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { ADMIN, ADMIN_OR_SYSTEM_READER, cloudScope } from './rules.ts';
import { Description, listOf, page, SelfLink } from './shared-schemas.ts';

const filters = {
  service_id: T.Optional(T.String({ maxLength: 255 })),
  region_id: T.Optional(Nullable(T.String({ maxLength: 255 }))),
  interface: T.Optional(StringEnum('admin', 'internal', 'public')),
};

export const EndpointGroupBody = T.Object({
  id: T.String(),
  name: T.String(),
  description: Nullable(T.String()),
  filters: T.Object(filters),
  links: SelfLink,
});
const EndpointGroupCreate = T.Object(
  {
    name: Name255,
    description: T.Optional(Nullable(Description)),
    filters: T.Object(filters, { additionalProperties: false, minProperties: 1 }),
  },
  { additionalProperties: false },
);
const EndpointGroupUpdate = T.Object(
  {
    name: T.Optional(Name255),
    description: T.Optional(Nullable(Description)),
    filters: T.Optional(T.Object(filters, { additionalProperties: false })),
  },
  { additionalProperties: false, minProperties: 1 },
);
const Shown = T.Object({ endpoint_group: EndpointGroupBody });
const ALL = '/v3/OS-EP-FILTER/endpoint_groups';
const ONE = `${ALL}/{endpoint_group_id}` as const;

export const listEndpointGroups = operation({
  name: 'listEndpointGroups',
  method: 'GET',
  path: ALL,
  head: true,
  policy: cloudScope('list_endpoint_groups', ADMIN_OR_SYSTEM_READER),
  query: T.Object({ ...page, name: T.Optional(Name255) }, { additionalProperties: false }),
  reply: listOf('endpoint_groups', EndpointGroupBody),
  errors: [400, 401, 403],
});

export const createEndpointGroup = operation({
  name: 'createEndpointGroup',
  method: 'POST',
  path: ALL,
  policy: cloudScope('create_endpoint_group', ADMIN),
  body: T.Object({ endpoint_group: EndpointGroupCreate }, { additionalProperties: false }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403],
});

export const showEndpointGroup = operation({
  name: 'showEndpointGroup',
  method: 'GET',
  path: ONE,
  head: true,
  policy: cloudScope('get_endpoint_group', ADMIN_OR_SYSTEM_READER),
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateEndpointGroup = operation({
  name: 'updateEndpointGroup',
  method: 'PATCH',
  path: ONE,
  policy: cloudScope('update_endpoint_group', ADMIN),
  body: T.Object({ endpoint_group: EndpointGroupUpdate }, { additionalProperties: false }),
  reply: Shown,
  errors: [400, 401, 403, 404],
});

export const deleteEndpointGroup = operation({
  name: 'deleteEndpointGroup',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('delete_endpoint_group', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});
