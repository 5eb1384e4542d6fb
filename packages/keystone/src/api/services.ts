import { operation } from '@kumo/core/http';
import { Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { ADMIN, ADMIN_OR_SYSTEM_READER, cloudScope } from './rules.ts';
import { Description, listOf, page, SelfLink } from './shared-schemas.ts';

export const ServiceBody = T.Object({
  id: T.String(),
  type: T.String(),
  name: T.String(),
  description: T.Optional(T.String()),
  enabled: T.Boolean(),
  links: SelfLink,
});
const Type = T.String({ minLength: 1, maxLength: 255 });
const Rest = {
  name: T.Optional(T.String({ minLength: 1, maxLength: 255 })),
  description: T.Optional(Nullable(Description)),
  enabled: T.Optional(T.Boolean()),
};
/** What else a client sends is kept and shown, as Keystone does. */
export const ServiceCreate = T.Object({ type: Type, ...Rest }, { maxProperties: 64 });
export const ServiceUpdate = T.Object({ type: T.Optional(Type), ...Rest }, { minProperties: 1, maxProperties: 64 });
const Shown = T.Object({ service: ServiceBody });
const ONE = '/v3/services/{service_id}';

export const listServices = operation({
  name: 'listServices',
  method: 'GET',
  path: '/v3/services',
  head: true,
  policy: cloudScope('list_services', ADMIN_OR_SYSTEM_READER),
  query: T.Object({
    ...page,
    type: T.Optional(T.String({ maxLength: 255 })),
    name: T.Optional(T.String({ maxLength: 255 })),
  }),
  reply: listOf('services', ServiceBody),
  errors: [400, 401, 403],
});

export const createService = operation({
  name: 'createService',
  method: 'POST',
  path: '/v3/services',
  policy: cloudScope('create_service', ADMIN),
  body: T.Object({ service: ServiceCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403],
});

export const showService = operation({
  name: 'showService',
  method: 'GET',
  path: ONE,
  head: true,
  policy: cloudScope('get_service', ADMIN_OR_SYSTEM_READER),
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateService = operation({
  name: 'updateService',
  method: 'PATCH',
  path: ONE,
  policy: cloudScope('update_service', ADMIN),
  body: T.Object({ service: ServiceUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404],
});

export const deleteService = operation({
  name: 'deleteService',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('delete_service', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});
