import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { OWNED_READ, OWNED_WRITE, PROJECT } from './policies.ts';
import {
  Description,
  Flag,
  Id,
  ifMatch,
  listQuery,
  Name,
  NullableString,
  ownerInput,
  PageLinks,
  showQuery,
  standardBody,
} from './shared-schemas.ts';

const { name: _name, tags: _tags, ...ruleStandard } = standardBody;

export const SecurityGroupRuleBody = T.Object({
  ...ruleStandard,
  security_group_id: T.String(),
  direction: T.String(),
  ethertype: T.String(),
  protocol: NullableString,
  port_range_min: Nullable(T.Integer()),
  port_range_max: Nullable(T.Integer()),
  remote_ip_prefix: NullableString,
  remote_group_id: NullableString,
  remote_address_group_id: T.Null(),
  normalized_cidr: NullableString,
});

export const SecurityGroupBody = T.Object({
  ...standardBody,
  stateful: T.Boolean(),
  shared: T.Boolean(),
  security_group_rules: T.Array(SecurityGroupRuleBody),
});

export const createSecurityGroup = operation({
  name: 'createSecurityGroup',
  method: 'POST',
  path: '/v2.0/security-groups',
  policy: policy('create_security_group', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  body: T.Object(
    {
      security_group: T.Object(
        { name: T.Optional(Name), description: T.Optional(Description), stateful: T.Optional(Flag), ...ownerInput },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ security_group: SecurityGroupBody }),
  status: 201,
  errors: [400, 401, 403, 409],
});

export const listSecurityGroups = operation({
  name: 'listSecurityGroups',
  method: 'GET',
  path: '/v2.0/security-groups',
  policy: policy('get_security_group', `${OWNED_READ} or rule:shared_security_group`, PROJECT),
  query: listQuery('stateful', 'shared'),
  reply: T.Object({ security_groups: T.Array(SecurityGroupBody), security_groups_links: PageLinks }),
  errors: [400, 401],
});

export const showSecurityGroup = operation({
  name: 'showSecurityGroup',
  method: 'GET',
  path: '/v2.0/security-groups/{security_group_id}',
  policy: listSecurityGroups.policy,
  authorize: 'resource',
  query: showQuery,
  reply: T.Object({ security_group: SecurityGroupBody }),
  errors: [401, 404],
});

export const updateSecurityGroup = operation({
  name: 'updateSecurityGroup',
  method: 'PUT',
  path: '/v2.0/security-groups/{security_group_id}',
  policy: policy('update_security_group', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  body: T.Object(
    {
      security_group: T.Object(
        { name: T.Optional(Name), description: T.Optional(Description), stateful: T.Optional(Flag) },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ security_group: SecurityGroupBody }),
  errors: [400, 401, 403, 404, 409, 412],
});

export const deleteSecurityGroup = operation({
  name: 'deleteSecurityGroup',
  method: 'DELETE',
  path: '/v2.0/security-groups/{security_group_id}',
  policy: policy('delete_security_group', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  errors: [401, 403, 404, 409, 412],
});

const PortNumber = Nullable(
  T.Union([
    T.Integer({ minimum: -1, maximum: 65_535 }),
    T.String({ pattern: '^[0-9]{1,5}$', form: 'a whole number from 0 to 65535' }),
  ]),
);

const RuleCreate = T.Object(
  {
    security_group_id: Id,
    direction: T.Enum(['ingress', 'egress']),
    ethertype: T.Optional(T.Enum(['IPv4', 'IPv6', 'ipv4', 'ipv6'])),
    protocol: T.Optional(Nullable(T.Union([T.String({ maxLength: 40 }), T.Integer({ minimum: 0, maximum: 255 })]))),
    port_range_min: T.Optional(PortNumber),
    port_range_max: T.Optional(PortNumber),
    remote_ip_prefix: T.Optional(Nullable(T.String({ maxLength: 64 }))),
    remote_group_id: T.Optional(Nullable(Id)),
    description: T.Optional(Description),
    ...ownerInput,
  },
  { additionalProperties: false },
);

export const createSecurityGroupRule = operation({
  name: 'createSecurityGroupRule',
  method: 'POST',
  path: '/v2.0/security-group-rules',
  action: 'security_group_rule',
  policy: policy('create_security_group_rule', '(rule:admin_only) or (role:member and rule:sg_owner)', PROJECT),
  authorize: 'resource',
  body: T.Object({ security_group_rule: RuleCreate }, { additionalProperties: false }),
  reply: T.Object({ security_group_rule: SecurityGroupRuleBody }),
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

/** All of them or none. */
export const createSecurityGroupRules = operation({
  name: 'createSecurityGroupRules',
  method: 'POST',
  path: '/v2.0/security-group-rules',
  action: 'security_group_rules',
  policy: createSecurityGroupRule.policy,
  authorize: 'resource',
  body: T.Object(
    { security_group_rules: T.Array(RuleCreate, { minItems: 1, maxItems: 100 }) },
    { additionalProperties: false },
  ),
  reply: T.Object({ security_group_rules: T.Array(SecurityGroupRuleBody) }),
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const listSecurityGroupRules = operation({
  name: 'listSecurityGroupRules',
  method: 'GET',
  path: '/v2.0/security-group-rules',
  policy: policy('get_security_group_rule', '(rule:admin_only) or (role:reader and rule:sg_owner)', PROJECT),
  authorize: 'resource',
  query: listQuery(
    'security_group_id',
    'direction',
    'ethertype',
    'protocol',
    'port_range_min',
    'port_range_max',
    'remote_ip_prefix',
    'remote_group_id',
  ),
  reply: T.Object({ security_group_rules: T.Array(SecurityGroupRuleBody), security_group_rules_links: PageLinks }),
  errors: [400, 401],
});

export const showSecurityGroupRule = operation({
  name: 'showSecurityGroupRule',
  method: 'GET',
  path: '/v2.0/security-group-rules/{security_group_rule_id}',
  policy: listSecurityGroupRules.policy,
  authorize: 'resource',
  query: showQuery,
  reply: T.Object({ security_group_rule: SecurityGroupRuleBody }),
  errors: [401, 404],
});

export const deleteSecurityGroupRule = operation({
  name: 'deleteSecurityGroupRule',
  method: 'DELETE',
  path: '/v2.0/security-group-rules/{security_group_rule_id}',
  policy: policy('delete_security_group_rule', '(rule:admin_only) or (role:member and rule:sg_owner)', PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  errors: [401, 403, 404, 412],
});
