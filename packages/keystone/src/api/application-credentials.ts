import { operation } from '@kumo/core/http';
import { Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { RoleBody } from './roles.ts';
import { cloudScope, projectScope } from './rules.ts';
import { Description, listOf, page, SelfLink } from './shared-schemas.ts';
import { RoleRefs } from './trusts.ts';

const READ = '(rule:admin_required) or (role:reader and system_scope:all) or rule:owner';
const MANY = '/v3/users/{user_id}/application_credentials';
const ONE = `${MANY}/{application_credential_id}` as const;

/** `additionalProperties` in the reply: a role is shown without links here. */
const { links: _, ...roleProperties } = RoleBody.properties;

export const AccessRulePart = T.Object({
  id: T.String(),
  service: T.String(),
  method: T.String(),
  path: T.String(),
});

const Common = {
  id: T.String(),
  name: T.String(),
  description: Nullable(T.String()),
  user_id: T.String(),
  project_id: T.String(),
  system: T.Null(),
  roles: T.Array(T.Object(roleProperties)),
  expires_at: Nullable(T.String()),
  unrestricted: T.Boolean(),
  access_rules: T.Optional(T.Array(AccessRulePart)),
  links: SelfLink,
};
export const ApplicationCredentialBody = T.Object(Common);

const AccessRuleWanted = T.Object(
  {
    id: T.Optional(T.String({ minLength: 1, maxLength: 64 })),
    service: T.Optional(T.String({ minLength: 1, maxLength: 64 })),
    method: T.Optional(T.Enum(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'])),
    path: T.Optional(T.String({ maxLength: 225, pattern: '^/', form: 'a path that begins with /' })),
  },
  { minProperties: 1 },
);

export const ApplicationCredentialCreate = T.Object(
  {
    name: T.String({ minLength: 1, maxLength: 255, format: 'not-blank' }),
    id: T.Optional(T.String({ maxLength: 64 })),
    description: T.Optional(Nullable(Description)),
    secret: T.Optional(Nullable(T.String({ maxLength: 4096 }))),
    roles: T.Optional(RoleRefs),
    expires_at: T.Optional(Nullable(T.String({ maxLength: 64 }))),
    unrestricted: T.Optional(Nullable(T.Boolean())),
    access_rules: T.Optional(T.Array(AccessRuleWanted, { maxItems: 256 })),
    project_id: T.Optional(T.String({ maxLength: 64 })),
    system: T.Optional(Nullable(T.String({ maxLength: 64 }))),
  },
  { additionalProperties: false },
);

export const listApplicationCredentials = operation({
  name: 'listApplicationCredentials',
  method: 'GET',
  path: MANY,
  head: true,
  policy: cloudScope('list_application_credentials', READ),
  query: T.Object({ ...page, name: T.Optional(T.String({ maxLength: 255 })) }),
  reply: listOf('application_credentials', ApplicationCredentialBody),
  errors: [400, 401, 403],
});

export const createApplicationCredential = operation({
  name: 'createApplicationCredential',
  method: 'POST',
  path: MANY,
  policy: projectScope('create_application_credential', 'user_id:%(user_id)s'),
  body: T.Object({ application_credential: ApplicationCredentialCreate }, { additionalProperties: false }),
  reply: T.Object({ application_credential: T.Object({ ...Common, secret: T.String() }) }),
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const showApplicationCredential = operation({
  name: 'showApplicationCredential',
  method: 'GET',
  path: ONE,
  head: true,
  policy: cloudScope('get_application_credential', READ),
  authorize: 'resource',
  reply: T.Object({ application_credential: ApplicationCredentialBody }),
  errors: [401, 403, 404],
});

export const deleteApplicationCredential = operation({
  name: 'deleteApplicationCredential',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('delete_application_credential', 'rule:admin_or_owner'),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});
