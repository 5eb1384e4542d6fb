import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { ADMIN, ADMIN_OR_SYSTEM_READER, cloudScope } from './rules.ts';
import { IdQuery, listOf, page, SelfLink } from './shared-schemas.ts';

export const PolicyBody = T.Object({ id: T.String(), type: T.String(), blob: T.String(), links: SelfLink });
/** What else a client sends is kept and shown, as Keystone does. */
export const PolicyCreate = T.Object({ type: T.String({ maxLength: 255 }), blob: T.String() }, { maxProperties: 64 });
export const PolicyUpdate = T.Partial(PolicyCreate, { minProperties: 1, maxProperties: 64 });
const Shown = T.Object({ policy: PolicyBody });
const ONE = '/v3/policies/{policy_id}';

export const listPolicies = operation({
  name: 'listPolicies',
  method: 'GET',
  path: '/v3/policies',
  head: true,
  deprecated: true,
  policy: cloudScope('list_policies', ADMIN_OR_SYSTEM_READER),
  query: T.Object({ ...page, type: T.Optional(IdQuery) }),
  reply: listOf('policies', PolicyBody),
  errors: [400, 401, 403],
});

export const createPolicy = operation({
  name: 'createPolicy',
  method: 'POST',
  path: '/v3/policies',
  deprecated: true,
  policy: cloudScope('create_policy', ADMIN),
  body: T.Object({ policy: PolicyCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403],
});

export const showPolicy = operation({
  name: 'showPolicy',
  method: 'GET',
  path: ONE,
  head: true,
  deprecated: true,
  policy: cloudScope('get_policy', ADMIN_OR_SYSTEM_READER),
  reply: Shown,
  errors: [401, 403, 404],
});

export const updatePolicy = operation({
  name: 'updatePolicy',
  method: 'PATCH',
  path: ONE,
  deprecated: true,
  policy: cloudScope('update_policy', ADMIN),
  body: T.Object({ policy: PolicyUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404],
});

export const deletePolicy = operation({
  name: 'deletePolicy',
  method: 'DELETE',
  path: ONE,
  deprecated: true,
  policy: cloudScope('delete_policy', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});
