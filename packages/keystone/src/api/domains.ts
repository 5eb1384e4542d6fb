import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { ADMIN, anyScope, cloudScope } from './rules.ts';
import { Description, Id, listOf, nameSearch, page, QueryFlag, ResourceOptions, SelfLink } from './shared-schemas.ts';
import { Tags } from './tags.ts';

export const DomainBody = T.Object({
  id: T.String(),
  name: T.String(),
  description: T.String(),
  enabled: T.Boolean(),
  tags: T.Array(T.String()),
  options: T.Record(T.String(), T.Unknown()),
  links: SelfLink,
});

export const DomainCreate = T.Object(
  {
    name: T.String({ minLength: 1, maxLength: 64, format: 'not-blank' }),
    description: T.Optional(T.Union([Description, T.Null()])),
    enabled: T.Optional(T.Boolean()),
    explicit_domain_id: T.Optional(Id),
    options: T.Optional(ResourceOptions),
    tags: T.Optional(Tags),
  },
  { maxProperties: 64 },
);
export const DomainUpdate = T.Partial(T.Omit(DomainCreate, ['explicit_domain_id']), {
  maxProperties: 64,
});
const Shown = T.Object({ domain: DomainBody });

export const listDomains = operation({
  name: 'listDomains',
  method: 'GET',
  path: '/v3/domains',
  head: true,
  policy: anyScope(
    'list_domains',
    'rule:admin_required or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain.id)s)',
  ),
  authorize: 'resource',
  query: T.Object({ ...page, ...nameSearch, enabled: T.Optional(QueryFlag) }),
  reply: listOf('domains', DomainBody),
  errors: [400, 401, 403],
});

export const createDomain = operation({
  name: 'createDomain',
  method: 'POST',
  path: '/v3/domains',
  policy: cloudScope('create_domain', ADMIN),
  body: T.Object({ domain: DomainCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 409],
});

export const showDomain = operation({
  name: 'showDomain',
  method: 'GET',
  path: '/v3/domains/{domain_id}',
  head: true,
  policy: anyScope(
    'get_domain',
    'rule:admin_required or (role:reader and system_scope:all) or token.domain.id:%(target.domain.id)s or token.project.domain.id:%(target.domain.id)s',
  ),
  authorize: 'resource',
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateDomain = operation({
  name: 'updateDomain',
  method: 'PATCH',
  path: '/v3/domains/{domain_id}',
  policy: cloudScope('update_domain', ADMIN),
  authorize: 'resource',
  body: T.Object({ domain: DomainUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404, 409],
});

export const deleteDomain = operation({
  name: 'deleteDomain',
  method: 'DELETE',
  path: '/v3/domains/{domain_id}',
  policy: cloudScope('delete_domain', ADMIN),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});
