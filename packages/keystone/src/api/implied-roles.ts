import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { ADMIN, ADMIN_OR_SYSTEM_READER, cloudScope } from './rules.ts';
import { SelfLink } from './shared-schemas.ts';

const RoleRef = T.Object({ id: T.String(), name: T.String(), links: SelfLink });
const Inference = T.Object({ prior_role: RoleRef, implies: RoleRef });
const Inferences = T.Object({ prior_role: RoleRef, implies: T.Array(RoleRef) });
const Shown = T.Object({ role_inference: Inference, links: SelfLink });
const ONE = '/v3/roles/{prior_role_id}/implies/{implied_role_id}';

export const listImpliedRoles = operation({
  name: 'listImpliedRoles',
  method: 'GET',
  path: '/v3/roles/{prior_role_id}/implies',
  head: true,
  policy: cloudScope('list_implied_roles', ADMIN_OR_SYSTEM_READER),
  reply: T.Object({ role_inference: Inferences, links: SelfLink }),
  errors: [401, 403, 404],
});

export const createImpliedRole = operation({
  name: 'createImpliedRole',
  method: 'PUT',
  path: ONE,
  policy: cloudScope('create_implied_role', ADMIN),
  reply: Shown,
  status: 201,
  errors: [401, 403, 404],
});

export const showImpliedRole = operation({
  name: 'showImpliedRole',
  method: 'GET',
  path: ONE,
  policy: cloudScope('get_implied_role', ADMIN_OR_SYSTEM_READER),
  reply: Shown,
  errors: [401, 403, 404],
});

export const checkImpliedRole = operation({
  name: 'checkImpliedRole',
  method: 'HEAD',
  path: ONE,
  policy: cloudScope('check_implied_role', ADMIN_OR_SYSTEM_READER),
  status: 204,
  errors: [401, 403, 404],
});

export const deleteImpliedRole = operation({
  name: 'deleteImpliedRole',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('delete_implied_role', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});

export const listRoleInferences = operation({
  name: 'listRoleInferences',
  method: 'GET',
  path: '/v3/role_inferences',
  head: true,
  policy: cloudScope('list_role_inference_rules', ADMIN_OR_SYSTEM_READER),
  reply: T.Object({ role_inferences: T.Array(Inferences), links: SelfLink }),
  errors: [401, 403],
});
