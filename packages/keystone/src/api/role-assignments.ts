import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { anyScope } from './rules.ts';
import { IdQuery, listOf, QueryFlag } from './shared-schemas.ts';

const Domain = T.Object({ id: T.String(), name: T.Optional(T.String()) });
const Ref = T.Object({ id: T.String(), name: T.Optional(T.String()), domain: T.Optional(Domain) });
const CHECK =
  '(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain_id)s)';

export const RoleAssignmentBody = T.Object({
  role: T.Object({
    id: T.String(),
    name: T.Optional(T.String()),
    domain: T.Optional(T.Union([Domain, T.Null()])),
  }),
  user: T.Optional(Ref),
  group: T.Optional(Ref),
  scope: T.Object({
    project: T.Optional(Ref),
    domain: T.Optional(Domain),
    system: T.Optional(T.Object({ all: T.Boolean() })),
    'OS-INHERIT:inherited_to': T.Optional(T.String()),
  }),
  links: T.Object({
    assignment: T.String(),
    membership: T.Optional(T.String()),
    prior_role: T.Optional(T.String()),
  }),
});

/** Asked instead of the operation's own with `include_subtree`. */
export const treeRule = anyScope('list_role_assignments_for_tree', CHECK);

export const listRoleAssignments = operation({
  name: 'listRoleAssignments',
  method: 'GET',
  path: '/v3/role_assignments',
  head: true,
  policy: anyScope('list_role_assignments', CHECK),
  authorize: 'resource',
  query: T.Object({
    'user.id': T.Optional(IdQuery),
    'group.id': T.Optional(IdQuery),
    'role.id': T.Optional(IdQuery),
    'scope.project.id': T.Optional(IdQuery),
    'scope.domain.id': T.Optional(IdQuery),
    'scope.system': T.Optional(T.String({ maxLength: 64 })),
    'scope.OS-INHERIT:inherited_to': T.Optional(T.String({ maxLength: 64 })),
    effective: T.Optional(QueryFlag),
    include_names: T.Optional(QueryFlag),
    include_subtree: T.Optional(QueryFlag),
  }),
  reply: T.Object({
    ...listOf('role_assignments', RoleAssignmentBody).properties,
    /** There are more than one answer may have. */
    truncated: T.Optional(T.Boolean()),
  }),
  errors: [400, 401, 403, 404],
});
