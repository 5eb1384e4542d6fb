import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { AccessRulePart } from './application-credentials.ts';
import { cloudScope } from './rules.ts';
import { listOf, page, SelfLink } from './shared-schemas.ts';

const READ = '(role:reader and system_scope:all) or user_id:%(target.user.id)s';
const MANY = '/v3/users/{user_id}/access_rules';
const ONE = `${MANY}/{access_rule_id}` as const;

export const AccessRuleBody = T.Object({ ...AccessRulePart.properties, links: SelfLink });

export const listAccessRules = operation({
  name: 'listAccessRules',
  method: 'GET',
  path: MANY,
  head: true,
  policy: cloudScope('list_access_rules', READ),
  authorize: 'resource',
  query: T.Object({
    ...page,
    service: T.Optional(T.String({ maxLength: 64 })),
    method: T.Optional(T.String({ maxLength: 16 })),
    path: T.Optional(T.String({ maxLength: 225 })),
  }),
  reply: listOf('access_rules', AccessRuleBody),
  errors: [400, 401, 403],
});

export const showAccessRule = operation({
  name: 'showAccessRule',
  method: 'GET',
  path: ONE,
  head: true,
  policy: cloudScope('get_access_rule', READ),
  authorize: 'resource',
  reply: T.Object({ access_rule: AccessRuleBody }),
  errors: [401, 403, 404],
});

export const deleteAccessRule = operation({
  name: 'deleteAccessRule',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('delete_access_rule', '(role:admin and system_scope:all) or user_id:%(target.user.id)s'),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});
