import { operation } from '@kumo/core/http';
import { Name255, Nullable, Uuid } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { ADMIN, anyScope, cloudScope } from './rules.ts';
import { listOf, page, SelfLink } from './shared-schemas.ts';

/** -1: as much as one likes. */
export const LimitValue = T.Integer({ minimum: -1, maximum: 0x7fffffff });
export const LimitDescription = T.Optional(Nullable(T.String({ maxLength: 255 })));
export const RegionRef = T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255 })));
/** What lists of limits can be asked for. */
export const limitFilters = {
  service_id: T.Optional(Uuid),
  region_id: T.Optional(T.String({ minLength: 1, maxLength: 255 })),
  resource_name: T.Optional(Name255),
};

export const RegisteredLimitBody = T.Object({
  id: T.String(),
  service_id: T.String(),
  region_id: Nullable(T.String()),
  resource_name: T.String(),
  default_limit: T.Integer(),
  description: Nullable(T.String()),
  links: SelfLink,
});
const RegisteredLimitCreate = T.Object(
  {
    service_id: Uuid,
    region_id: RegionRef,
    resource_name: Name255,
    default_limit: LimitValue,
    description: LimitDescription,
  },
  { additionalProperties: false },
);
const RegisteredLimitUpdate = T.Partial(RegisteredLimitCreate, { additionalProperties: false });
const Shown = T.Object({ registered_limit: RegisteredLimitBody });
const ALL = '/v3/registered_limits';
const ONE = `${ALL}/{registered_limit_id}` as const;

export const listRegisteredLimits = operation({
  name: 'listRegisteredLimits',
  method: 'GET',
  path: ALL,
  head: true,
  policy: anyScope('list_registered_limits', ''),
  query: T.Object({ ...page, ...limitFilters }),
  reply: listOf('registered_limits', RegisteredLimitBody),
  errors: [400, 401, 403],
});

export const createRegisteredLimits = operation({
  name: 'createRegisteredLimits',
  method: 'POST',
  path: ALL,
  policy: cloudScope('create_registered_limits', ADMIN),
  body: T.Object(
    { registered_limits: T.Array(RegisteredLimitCreate, { minItems: 1, maxItems: 1000 }) },
    { additionalProperties: false },
  ),
  reply: T.Object({ registered_limits: T.Array(RegisteredLimitBody) }),
  status: 201,
  errors: [400, 401, 403, 409],
});

export const showRegisteredLimit = operation({
  name: 'showRegisteredLimit',
  method: 'GET',
  path: ONE,
  head: true,
  policy: anyScope('get_registered_limit', ''),
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateRegisteredLimit = operation({
  name: 'updateRegisteredLimit',
  method: 'PATCH',
  path: ONE,
  policy: cloudScope('update_registered_limit', ADMIN),
  body: T.Object({ registered_limit: RegisteredLimitUpdate }, { additionalProperties: false }),
  reply: Shown,
  errors: [400, 401, 403, 404, 409],
});

export const deleteRegisteredLimit = operation({
  name: 'deleteRegisteredLimit',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('delete_registered_limit', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});
