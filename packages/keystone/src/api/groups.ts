import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { anyScope } from './rules.ts';
import { Description, Id, IdQuery, listOf, nameSearch, page, QueryFlag, SelfLink } from './shared-schemas.ts';
import { UserBody } from './user-body.ts';

const READ =
  '(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.group.domain_id)s)';
const WRITE = '(rule:admin_required) or (role:manager and domain_id:%(target.group.domain_id)s)';
const CHANGE_MEMBER =
  '(rule:admin_required) or (role:manager and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)';

export const GroupBody = T.Object({
  id: T.String(),
  name: T.String(),
  domain_id: T.String(),
  description: T.String(),
  links: SelfLink,
});
/** What else a client sends is kept and shown, as Keystone does. */
export const GroupCreate = T.Object(
  {
    name: T.String({ minLength: 1, maxLength: 64, format: 'not-blank' }),
    domain_id: T.Optional(T.Union([Id, T.Null()])),
    description: T.Optional(T.Union([Description, T.Null()])),
  },
  { maxProperties: 64 },
);
export const GroupUpdate = T.Partial(GroupCreate, { minProperties: 1, maxProperties: 64 });
const Shown = T.Object({ group: GroupBody });

export const listGroups = operation({
  name: 'listGroups',
  method: 'GET',
  path: '/v3/groups',
  head: true,
  policy: anyScope('list_groups', READ),
  authorize: 'resource',
  query: T.Object({ ...page, ...nameSearch, domain_id: T.Optional(IdQuery) }),
  reply: listOf('groups', GroupBody),
  errors: [400, 401, 403],
});

export const createGroup = operation({
  name: 'createGroup',
  method: 'POST',
  path: '/v3/groups',
  policy: anyScope('create_group', WRITE),
  authorize: 'resource',
  body: T.Object({ group: GroupCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const showGroup = operation({
  name: 'showGroup',
  method: 'GET',
  path: '/v3/groups/{group_id}',
  head: true,
  policy: anyScope('get_group', READ),
  authorize: 'resource',
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateGroup = operation({
  name: 'updateGroup',
  method: 'PATCH',
  path: '/v3/groups/{group_id}',
  policy: anyScope('update_group', WRITE),
  authorize: 'resource',
  body: T.Object({ group: GroupUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404, 409],
});

export const deleteGroup = operation({
  name: 'deleteGroup',
  method: 'DELETE',
  path: '/v3/groups/{group_id}',
  policy: anyScope('delete_group', WRITE),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});

export const listGroupUsers = operation({
  name: 'listGroupUsers',
  method: 'GET',
  path: '/v3/groups/{group_id}/users',
  head: true,
  policy: anyScope('list_users_in_group', READ),
  authorize: 'resource',
  query: T.Object({ ...page, ...nameSearch, enabled: T.Optional(QueryFlag) }),
  reply: listOf('users', UserBody),
  errors: [400, 401, 403, 404],
});

const MEMBER = '/v3/groups/{group_id}/users/{user_id}';

export const addGroupUser = operation({
  name: 'addGroupUser',
  method: 'PUT',
  path: MEMBER,
  policy: anyScope('add_user_to_group', CHANGE_MEMBER),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});

export const checkGroupUser = operation({
  name: 'checkGroupUser',
  method: 'GET',
  path: MEMBER,
  head: true,
  policy: anyScope(
    'check_user_in_group',
    '(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)',
  ),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});

export const removeGroupUser = operation({
  name: 'removeGroupUser',
  method: 'DELETE',
  path: MEMBER,
  policy: anyScope('remove_user_from_group', CHANGE_MEMBER),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});
