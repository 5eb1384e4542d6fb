import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { ADMIN, ADMIN_OR_SYSTEM_READER, anyScope, cloudScope } from './rules.ts';
import { Description, Id, IdQuery, listOf, nameSearch, page, ResourceOptions, SelfLink } from './shared-schemas.ts';

export const RoleBody = T.Object({
  id: T.String(),
  name: T.String(),
  domain_id: T.Union([T.String(), T.Null()]),
  description: T.Union([T.String(), T.Null()]),
  options: T.Record(T.String(), T.Unknown()),
  links: SelfLink,
});
/** What else a client sends is kept and shown, as Keystone does. */
export const RoleCreate = T.Object(
  {
    name: T.String({ minLength: 1, maxLength: 255, format: 'not-blank' }),
    domain_id: T.Optional(T.Union([Id, T.Null()])),
    description: T.Optional(T.Union([Description, T.Null()])),
    options: T.Optional(ResourceOptions),
  },
  { maxProperties: 64 },
);
export const RoleUpdate = T.Partial(RoleCreate, { minProperties: 1, maxProperties: 64 });
const Shown = T.Object({ role: RoleBody });

/** Asked instead of the operation's own when the role is a domain's. */
export const domainRoleRules = [
  cloudScope('get_domain_role', ADMIN_OR_SYSTEM_READER),
  cloudScope('list_domain_roles', ADMIN_OR_SYSTEM_READER),
  cloudScope('create_domain_role', ADMIN),
  cloudScope('update_domain_role', ADMIN),
  cloudScope('delete_domain_role', ADMIN),
];

export const listRoles = operation({
  name: 'listRoles',
  method: 'GET',
  path: '/v3/roles',
  head: true,
  policy: anyScope(
    'list_roles',
    '(rule:admin_required or (role:reader and system_scope:all)) or (role:manager and not domain_id:None)',
  ),
  authorize: 'resource',
  query: T.Object({ ...page, ...nameSearch, domain_id: T.Optional(IdQuery) }),
  reply: listOf('roles', RoleBody),
  errors: [400, 401, 403],
});

export const createRole = operation({
  name: 'createRole',
  method: 'POST',
  path: '/v3/roles',
  policy: cloudScope('create_role', ADMIN),
  authorize: 'resource',
  body: T.Object({ role: RoleCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const showRole = operation({
  name: 'showRole',
  method: 'GET',
  path: '/v3/roles/{role_id}',
  head: true,
  policy: anyScope(
    'get_role',
    '(rule:admin_required or (role:reader and system_scope:all)) or (role:manager and rule:domain_managed_target_role)',
  ),
  authorize: 'resource',
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateRole = operation({
  name: 'updateRole',
  method: 'PATCH',
  path: '/v3/roles/{role_id}',
  policy: cloudScope('update_role', ADMIN),
  authorize: 'resource',
  body: T.Object({ role: RoleUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404, 409],
});

export const deleteRole = operation({
  name: 'deleteRole',
  method: 'DELETE',
  path: '/v3/roles/{role_id}',
  policy: cloudScope('delete_role', ADMIN),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});
