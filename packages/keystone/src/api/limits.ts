import { operation } from '@kumo/core/http';
import { Name255, Nullable, Uuid } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { LimitDescription, LimitValue, limitFilters, RegionRef } from './registered-limits.ts';
import { ADMIN, anyScope, cloudScope } from './rules.ts';
import { Id, listOf, page, SelfLink } from './shared-schemas.ts';

const READ =
  'rule:admin_required or (role:reader and system_scope:all) or (domain_id:%(target.limit.domain.id)s or domain_id:%(target.limit.project.domain_id)s) or (project_id:%(target.limit.project_id)s and not None:%(target.limit.project_id)s)';

export const LimitBody = T.Object({
  id: T.String(),
  project_id: Nullable(T.String()),
  domain_id: Nullable(T.String()),
  service_id: T.String(),
  region_id: Nullable(T.String()),
  resource_name: T.String(),
  resource_limit: T.Integer(),
  description: Nullable(T.String()),
  links: SelfLink,
});
const LimitCreate = T.Object(
  {
    project_id: T.Optional(Nullable(Id)),
    domain_id: T.Optional(Nullable(Id)),
    service_id: Uuid,
    region_id: RegionRef,
    resource_name: Name255,
    resource_limit: LimitValue,
    description: LimitDescription,
  },
  { additionalProperties: false },
);
const LimitUpdate = T.Object(
  { resource_limit: T.Optional(LimitValue), description: LimitDescription },
  { additionalProperties: false },
);
const Shown = T.Object({ limit: LimitBody });
const ALL = '/v3/limits';
const ONE = `${ALL}/{limit_id}` as const;

export const showLimitModel = operation({
  name: 'showLimitModel',
  method: 'GET',
  path: `${ALL}/model`,
  head: true,
  policy: anyScope('get_limit_model', ''),
  reply: T.Object({ model: T.Object({ name: T.String(), description: T.String() }) }),
  errors: [401, 403],
});

export const listLimits = operation({
  name: 'listLimits',
  method: 'GET',
  path: ALL,
  head: true,
  policy: anyScope('list_limits', ''),
  query: T.Object({ ...page, ...limitFilters, project_id: T.Optional(Id), domain_id: T.Optional(Id) }),
  reply: listOf('limits', LimitBody),
  errors: [400, 401, 403],
});

export const createLimits = operation({
  name: 'createLimits',
  method: 'POST',
  path: ALL,
  policy: cloudScope('create_limits', ADMIN),
  body: T.Object({ limits: T.Array(LimitCreate, { minItems: 1, maxItems: 1000 }) }, { additionalProperties: false }),
  reply: T.Object({ limits: T.Array(LimitBody) }),
  status: 201,
  errors: [400, 401, 403, 409],
});

export const showLimit = operation({
  name: 'showLimit',
  method: 'GET',
  path: ONE,
  head: true,
  policy: anyScope('get_limit', READ),
  authorize: 'resource',
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateLimit = operation({
  name: 'updateLimit',
  method: 'PATCH',
  path: ONE,
  policy: cloudScope('update_limit', ADMIN),
  body: T.Object({ limit: LimitUpdate }, { additionalProperties: false }),
  reply: Shown,
  errors: [400, 401, 403, 404],
});

export const deleteLimit = operation({
  name: 'deleteLimit',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('delete_limit', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});
