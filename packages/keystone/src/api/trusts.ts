import { operation } from '@kumo/core/http';
import { Nullable } from '@kumo/core/schema';
import { type Static, Type as T } from 'typebox';
import { RoleBody } from './roles.ts';
import { cloudScope, projectScope } from './rules.ts';
import { IdQuery, ListLinks, listOf, page, SelfLink } from './shared-schemas.ts';

const READ =
  '(rule:admin_required) or (role:reader and system_scope:all or user_id:%(target.trust.trustor_user_id)s or user_id:%(target.trust.trustee_user_id)s)';

const Id = T.String({ minLength: 1, maxLength: 64 });
export const RoleRefs = T.Array(
  T.Object(
    {
      id: T.Optional(T.String({ minLength: 1, maxLength: 64 })),
      name: T.Optional(T.String({ minLength: 1, maxLength: 255 })),
    },
    { minProperties: 1, maxProperties: 1, additionalProperties: false },
  ),
  { maxItems: 256 },
);

const ListedTrust = T.Object({
  id: T.String(),
  trustor_user_id: T.String(),
  trustee_user_id: T.String(),
  project_id: Nullable(T.String()),
  impersonation: T.Boolean(),
  expires_at: Nullable(T.String()),
  remaining_uses: Nullable(T.Integer()),
  redelegated_trust_id: Nullable(T.String()),
  redelegation_count: T.Integer(),
  deleted_at: T.Null(),
  links: SelfLink,
});
export const TrustBody = T.Object({
  ...ListedTrust.properties,
  roles: T.Array(RoleBody),
  roles_links: ListLinks,
});
export type TrustBody = Static<typeof TrustBody>;
export type ListedTrust = Static<typeof ListedTrust>;

/** What else a client sends is kept and shown, as Keystone does. */
export const TrustCreate = T.Object(
  {
    trustor_user_id: Id,
    trustee_user_id: Id,
    impersonation: T.Boolean(),
    project_id: T.Optional(Nullable(Id)),
    roles: T.Optional(RoleRefs),
    expires_at: T.Optional(Nullable(T.String({ maxLength: 64 }))),
    remaining_uses: T.Optional(Nullable(T.Integer({ minimum: 1, maximum: 0x7fffffff }))),
    allow_redelegation: T.Optional(Nullable(T.Boolean())),
    redelegation_count: T.Optional(Nullable(T.Integer({ minimum: 0, maximum: 0x7fffffff }))),
    redelegated_trust_id: T.Optional(Nullable(Id)),
  },
  { maxProperties: 64 },
);
const Shown = T.Object({ trust: TrustBody });

/** Beside `list_trusts`: whose trusts are asked for decides who may ask. */
export const trustListRules = [
  cloudScope(
    'list_trusts_for_trustor',
    '(rule:admin_required) or (role:reader and system_scope:all or user_id:%(target.trust.trustor_user_id)s)',
  ),
  cloudScope(
    'list_trusts_for_trustee',
    '(rule:admin_required) or (role:reader and system_scope:all or user_id:%(target.trust.trustee_user_id)s)',
  ),
] as const;

export const listTrusts = operation({
  name: 'listTrusts',
  method: 'GET',
  path: '/v3/OS-TRUST/trusts',
  head: true,
  policy: cloudScope('list_trusts', 'rule:admin_required or (role:reader and system_scope:all)'),
  authorize: 'resource',
  query: T.Object({ ...page, trustor_user_id: T.Optional(IdQuery), trustee_user_id: T.Optional(IdQuery) }),
  reply: listOf('trusts', ListedTrust),
  errors: [400, 401, 403],
});

export const createTrust = operation({
  name: 'createTrust',
  method: 'POST',
  path: '/v3/OS-TRUST/trusts',
  policy: projectScope('create_trust', 'user_id:%(target.trust.trustor_user_id)s'),
  authorize: 'resource',
  body: T.Object({ trust: TrustCreate }, { additionalProperties: false }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const showTrust = operation({
  name: 'showTrust',
  method: 'GET',
  path: '/v3/OS-TRUST/trusts/{trust_id}',
  head: true,
  policy: cloudScope('get_trust', READ),
  authorize: 'resource',
  reply: Shown,
  errors: [401, 403, 404],
});

export const deleteTrust = operation({
  name: 'deleteTrust',
  method: 'DELETE',
  path: '/v3/OS-TRUST/trusts/{trust_id}',
  policy: cloudScope('delete_trust', 'rule:admin_required or user_id:%(target.trust.trustor_user_id)s'),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});

export const listTrustRoles = operation({
  name: 'listTrustRoles',
  method: 'GET',
  path: '/v3/OS-TRUST/trusts/{trust_id}/roles',
  head: true,
  policy: cloudScope('list_roles_for_trust', READ),
  authorize: 'resource',
  reply: T.Object({ roles: T.Array(RoleBody), links: ListLinks }),
  errors: [401, 403, 404],
});

export const showTrustRole = operation({
  name: 'showTrustRole',
  method: 'GET',
  path: '/v3/OS-TRUST/trusts/{trust_id}/roles/{role_id}',
  head: true,
  policy: cloudScope('get_role_for_trust', READ),
  authorize: 'resource',
  reply: T.Object({ role: RoleBody }),
  errors: [401, 403, 404],
});
