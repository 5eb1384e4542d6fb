import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Type as T } from 'typebox';
import { DomainBody } from './domains.ts';
import { ProjectBody } from './projects.ts';
import { anyScope } from './rules.ts';
import { listOf, NameOrIdRef, QueryFlag } from './shared-schemas.ts';

const DomainRef = T.Object(NameOrIdRef);
const UserRef = { ...NameOrIdRef, domain: T.Optional(DomainRef) };
const Password = T.String({ maxLength: 4096 });
const LongToken = T.String({ minLength: 1, maxLength: 4096 });

export const AuthBody = T.Object({
  auth: T.Object({
    identity: T.Object({
      methods: T.Array(T.String({ maxLength: 64 }), { maxItems: 16 }),
      password: T.Optional(T.Object({ user: T.Object({ ...UserRef, password: Password }) })),
      token: T.Optional(T.Object({ id: LongToken })),
      totp: T.Optional(T.Object({ user: T.Object({ ...UserRef, passcode: T.String({ maxLength: 64 }) }) })),
      application_credential: T.Optional(
        T.Object({ ...NameOrIdRef, user: T.Optional(T.Object(UserRef)), secret: Password }),
      ),
    }),
    scope: T.Optional(
      T.Union([
        T.Literal('unscoped'),
        T.Object({
          project: T.Optional(T.Object({ ...NameOrIdRef, domain: T.Optional(DomainRef) })),
          domain: T.Optional(DomainRef),
          system: T.Optional(T.Object({ all: T.Optional(T.Boolean()) })),
          unscoped: T.Optional(T.Object({})),
          'OS-TRUST:trust': T.Optional(T.Object({ id: T.String({ minLength: 1, maxLength: 64 }) })),
        }),
      ]),
    ),
  }),
});

const Named = T.Object({ id: T.String(), name: T.String() });
const IdRef = T.Object({ id: T.String() });
const Owned = T.Object({ id: T.String(), name: T.String(), domain: Named });

export const CatalogBody = T.Array(
  T.Object({
    id: T.String(),
    type: T.String(),
    name: T.String(),
    endpoints: T.Array(
      T.Object({
        id: T.String(),
        interface: T.String(),
        region: T.Union([T.String(), T.Null()]),
        region_id: T.Union([T.String(), T.Null()]),
        url: T.String(),
      }),
    ),
  }),
);

export const TokenBody = T.Object({
  token: T.Object({
    methods: T.Array(T.String()),
    user: T.Object({
      id: T.String(),
      name: T.String(),
      domain: Named,
      password_expires_at: T.Union([T.String(), T.Null()]),
    }),
    audit_ids: T.Array(T.String()),
    expires_at: T.String(),
    issued_at: T.String(),
    project: T.Optional(Owned),
    is_domain: T.Optional(T.Boolean()),
    is_admin_project: T.Optional(T.Boolean()),
    domain: T.Optional(Named),
    system: T.Optional(T.Object({ all: T.Boolean() })),
    roles: T.Optional(T.Array(Named)),
    'OS-TRUST:trust': T.Optional(
      T.Object({ id: T.String(), trustor_user: IdRef, trustee_user: IdRef, impersonation: T.Boolean() }),
    ),
    application_credential: T.Optional(
      T.Object({
        id: T.String(),
        name: T.String(),
        restricted: T.Boolean(),
        access_rules: T.Optional(
          T.Array(T.Object({ id: T.String(), service: T.String(), method: T.String(), path: T.String() })),
        ),
      }),
    ),
    catalog: T.Optional(CatalogBody),
  }),
});

const noCatalog = { nocatalog: T.Optional(QueryFlag) };
const Subject = {
  'x-subject-token': LongToken,
  'openstack-identity-access-rules': T.Optional(T.String({ maxLength: 16 })),
};

export const issueToken = operation({
  name: 'issueToken',
  method: 'POST',
  path: '/v3/auth/tokens',
  summary: 'Log in, or change the scope of a token',
  policy: 'none',
  query: T.Object(noCatalog),
  headers: T.Object({ 'openstack-auth-receipt': T.Optional(T.String({ maxLength: 1024 })) }),
  body: AuthBody,
  reply: TokenBody,
  status: 201,
  errors: [400, 401, 403],
});

const validation = {
  path: '/v3/auth/tokens',
  authorize: 'resource',
  query: T.Object({ ...noCatalog, allow_expired: T.Optional(QueryFlag) }),
  headers: T.Object(Subject),
  errors: [400, 401, 403, 404],
} as const;

export const validateToken = operation({
  ...validation,
  name: 'validateToken',
  method: 'GET',
  policy: anyScope(
    'validate_token',
    'rule:admin_required or (role:reader and system_scope:all) or rule:service_role or rule:token_subject',
  ),
  reply: TokenBody,
});

export const checkToken = operation({
  ...validation,
  name: 'checkToken',
  method: 'HEAD',
  policy: anyScope('check_token', 'rule:admin_required or (role:reader and system_scope:all) or rule:token_subject'),
  status: 200,
});

export const revokeToken = operation({
  name: 'revokeToken',
  method: 'DELETE',
  path: '/v3/auth/tokens',
  policy: anyScope('revoke_token', 'rule:admin_required or rule:token_subject'),
  authorize: 'resource',
  headers: T.Object(Subject),
  status: 204,
  errors: [400, 401, 403, 404],
});

export const authCatalog = operation({
  name: 'authCatalog',
  method: 'GET',
  path: '/v3/auth/catalog',
  head: true,
  policy: policy('identity:get_auth_catalog', ''),
  reply: T.Object({ catalog: CatalogBody, links: T.Object({ self: T.String() }) }),
  errors: [401, 403],
});

export const authProjects = operation({
  name: 'authProjects',
  method: 'GET',
  path: '/v3/auth/projects',
  head: true,
  policy: policy('identity:get_auth_projects', ''),
  reply: listOf('projects', ProjectBody),
  errors: [401],
});

export const authDomains = operation({
  name: 'authDomains',
  method: 'GET',
  path: '/v3/auth/domains',
  head: true,
  policy: policy('identity:get_auth_domains', ''),
  reply: listOf('domains', DomainBody),
  errors: [401],
});

export const authSystem = operation({
  name: 'authSystem',
  method: 'GET',
  path: '/v3/auth/system',
  head: true,
  policy: policy('identity:get_auth_system', ''),
  reply: T.Object({
    system: T.Array(T.Object({ all: T.Boolean() })),
    links: T.Object({ self: T.String() }),
  }),
  errors: [401],
});
