import { type Static, Type as T } from 'typebox';
import type { TokenInfo } from '../http/app-options.ts';
import { operation } from '../http/operation.ts';

const Named = T.Object({ id: T.String(), name: T.Optional(T.String()) });
const Owned = T.Object({ id: T.String(), name: T.Optional(T.String()), domain: T.Optional(Named) });

/** Says that who validates a token enforces its access rules. A token that has some is not valid without it. */
export const ACCESS_RULES_HEADER = 'openstack-identity-access-rules';
export const ACCESS_RULES_VERSION = '1.0';

/** What of a token's body its checkers use; Keystone's own contract says all of it. */
export const TokenBody = T.Object({
  token: T.Object({
    user: Owned,
    project: T.Optional(Owned),
    domain: T.Optional(Named),
    system: T.Optional(T.Record(T.String(), T.Unknown())),
    roles: T.Optional(T.Array(Named)),
    audit_ids: T.Optional(T.Array(T.String())),
    expires_at: T.Optional(T.String()),
    is_admin_project: T.Optional(T.Boolean()),
    'OS-TRUST:trust': T.Optional(
      T.Object({
        id: T.String(),
        trustor_user: T.Object({ id: T.String() }),
        trustee_user: T.Object({ id: T.String() }),
      }),
    ),
    application_credential: T.Optional(
      T.Object({
        id: T.String(),
        restricted: T.Boolean(),
        access_rules: T.Optional(T.Array(T.Object({ service: T.String(), method: T.String(), path: T.String() }))),
      }),
    ),
  }),
});

export const issueToken = operation({
  name: 'issueToken',
  method: 'POST',
  path: '/v3/auth/tokens',
  policy: 'none',
  query: T.Object({ nocatalog: T.Optional(T.String()) }),
  body: T.Object({ auth: T.Record(T.String(), T.Unknown()) }),
  reply: TokenBody,
  status: 201,
});

export const validateToken = operation({
  name: 'validateToken',
  method: 'GET',
  path: '/v3/auth/tokens',
  policy: 'authenticated',
  query: T.Object({ nocatalog: T.Optional(T.String()), allow_expired: T.Optional(T.String()) }),
  headers: T.Object({ 'x-subject-token': T.String(), [ACCESS_RULES_HEADER]: T.Optional(T.String()) }),
  reply: TokenBody,
});

/** A token's body as core's words. */
export function tokenInfoOf({ token }: Static<typeof TokenBody>): TokenInfo {
  const { user, project, domain, system, roles = [], audit_ids: auditIds = [], expires_at: expiresAt } = token;
  const { 'OS-TRUST:trust': trust, application_credential: made } = token;
  return {
    userId: user.id,
    userName: user.name,
    userDomainId: user.domain?.id,
    projectId: project?.id,
    projectName: project?.name,
    projectDomainId: project?.domain?.id,
    domainId: domain?.id,
    systemScope: system === undefined ? undefined : 'all',
    roles: roles.map((role) => role.name ?? role.id),
    auditIds,
    expiresAt,
    isAdminProject: token.is_admin_project,
    ...(trust && { trustId: trust.id, trustorId: trust.trustor_user.id, trusteeId: trust.trustee_user.id }),
    ...(made && {
      applicationCredential: { id: made.id, restricted: made.restricted, accessRules: made.access_rules },
    }),
  };
}
