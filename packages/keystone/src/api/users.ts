import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { GroupBody } from './groups.ts';
import { ProjectBody } from './projects.ts';
import { anyScope } from './rules.ts';
import { Id, IdQuery, listOf, nameSearch, page, QueryFlag } from './shared-schemas.ts';
import { UserBody } from './user-body.ts';
import { UserOptions } from './user-options.ts';

const nullableId = T.Union([Id, T.Null()]);
const Password = T.String({ maxLength: 4096 });

/** `email` and what else a client sends is kept and shown, as Keystone does. */
export const UserCreate = T.Object(
  {
    name: T.String({ minLength: 1, maxLength: 255, format: 'not-blank' }),
    domain_id: T.Optional(nullableId),
    default_project_id: T.Optional(nullableId),
    enabled: T.Optional(T.Boolean()),
    password: T.Optional(T.Union([Password, T.Null()])),
    options: T.Optional(UserOptions),
    description: T.Optional(T.Union([T.String({ maxLength: 4096 }), T.Null()])),
  },
  { maxProperties: 64 },
);
export const UserUpdate = T.Partial(UserCreate, { minProperties: 1, maxProperties: 64 });
const Shown = T.Object({ user: UserBody });
const WRITE = '(rule:admin_required) or (role:manager and token.domain.id:%(target.user.domain_id)s)';

export const listUsers = operation({
  name: 'listUsers',
  method: 'GET',
  path: '/v3/users',
  head: true,
  policy: anyScope(
    'list_users',
    '(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain_id)s)',
  ),
  authorize: 'resource',
  query: T.Object({
    ...page,
    ...nameSearch,
    domain_id: T.Optional(IdQuery),
    enabled: T.Optional(QueryFlag),
    idp_id: T.Optional(IdQuery),
    protocol_id: T.Optional(IdQuery),
    unique_id: T.Optional(IdQuery),
    password_expires_at: T.Optional(
      T.String({
        maxLength: 64,
        pattern: '^(?:(?:lt|lte|gt|gte|eq|neq):)?[0-9TZ:.+-]+$',
        form: 'a time, with lt:, lte:, gt:, gte:, eq: or neq: before it or nothing',
      }),
    ),
  }),
  reply: listOf('users', UserBody),
  errors: [400, 401, 403],
});

export const createUser = operation({
  name: 'createUser',
  method: 'POST',
  path: '/v3/users',
  policy: anyScope('create_user', WRITE),
  authorize: 'resource',
  body: T.Object({ user: UserCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const showUser = operation({
  name: 'showUser',
  method: 'GET',
  path: '/v3/users/{user_id}',
  head: true,
  policy: anyScope(
    'get_user',
    '(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and token.domain.id:%(target.user.domain_id)s) or user_id:%(target.user.id)s',
  ),
  authorize: 'resource',
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateUser = operation({
  name: 'updateUser',
  method: 'PATCH',
  path: '/v3/users/{user_id}',
  policy: anyScope('update_user', WRITE),
  authorize: 'resource',
  body: T.Object({ user: UserUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404, 409],
});

export const deleteUser = operation({
  name: 'deleteUser',
  method: 'DELETE',
  path: '/v3/users/{user_id}',
  policy: anyScope('delete_user', WRITE),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});

/** The original password is what authorises: whoever's has run out has no token. */
export const changePassword = operation({
  name: 'changePassword',
  method: 'POST',
  path: '/v3/users/{user_id}/password',
  policy: 'none',
  body: T.Object({
    user: T.Object({ original_password: Password, password: Password }, { additionalProperties: false }),
  }),
  status: 204,
  errors: [400, 401],
});

export const listUserGroups = operation({
  name: 'listUserGroups',
  method: 'GET',
  path: '/v3/users/{user_id}/groups',
  head: true,
  policy: anyScope(
    'list_groups_for_user',
    '(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(user_id)s',
  ),
  authorize: 'resource',
  query: T.Object({ ...page, ...nameSearch }),
  reply: listOf('groups', GroupBody),
  errors: [400, 401, 403, 404],
});

export const listUserProjects = operation({
  name: 'listUserProjects',
  method: 'GET',
  path: '/v3/users/{user_id}/projects',
  head: true,
  policy: anyScope(
    'list_user_projects',
    '(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(target.user.id)s',
  ),
  authorize: 'resource',
  query: T.Object({
    name: T.Optional(T.String({ maxLength: 255 })),
    domain_id: T.Optional(IdQuery),
    enabled: T.Optional(QueryFlag),
  }),
  reply: listOf('projects', ProjectBody),
  errors: [400, 401, 403, 404],
});
