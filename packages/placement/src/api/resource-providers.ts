import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import { Links, Nullable, Uuid } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { forServices } from './policies.ts';
import { Amounts, MemberOf, RequiredTraits } from './shared-schemas.ts';

export const ProviderParams = T.Object({ uuid: Uuid });
export const ProviderName = T.String({ minLength: 1, maxLength: 200 });
export const ProviderBody = T.Object({
  uuid: T.String(),
  name: T.String(),
  generation: T.Integer(),
  parent_provider_uuid: since('1.14', Nullable(T.String())),
  root_provider_uuid: since('1.14', T.String()),
  links: Links,
});

export const listResourceProviders = operation({
  name: 'listResourceProviders',
  method: 'GET',
  path: '/resource_providers',
  policy: forServices('resource_providers:list'),
  query: T.Object(
    {
      name: T.Optional(T.String()),
      uuid: T.Optional(Uuid),
      member_of: T.Optional(since('1.3', MemberOf)),
      resources: T.Optional(since('1.4', Amounts)),
      in_tree: T.Optional(since('1.14', Uuid)),
      required: T.Optional(since('1.18', RequiredTraits)),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ resource_providers: T.Array(ProviderBody) }),
  errors: [400],
});

export const createResourceProvider = operation({
  name: 'createResourceProvider',
  method: 'POST',
  path: '/resource_providers',
  policy: forServices('resource_providers:create'),
  body: T.Object(
    { name: ProviderName, uuid: T.Optional(Uuid), parent_provider_uuid: T.Optional(since('1.14', Nullable(Uuid))) },
    { additionalProperties: false },
  ),
  // Up to 1.19 the answer is 201 without a body.
  reply: T.Optional(ProviderBody),
  status: 200,
  errors: [400, 409],
});

export const showResourceProvider = operation({
  name: 'showResourceProvider',
  method: 'GET',
  path: '/resource_providers/{uuid}',
  policy: forServices('resource_providers:show'),
  params: ProviderParams,
  reply: ProviderBody,
  errors: [404],
});

export const updateResourceProvider = operation({
  name: 'updateResourceProvider',
  method: 'PUT',
  path: '/resource_providers/{uuid}',
  policy: forServices('resource_providers:update'),
  params: ProviderParams,
  body: T.Object(
    { name: ProviderName, parent_provider_uuid: T.Optional(since('1.14', Nullable(Uuid))) },
    { additionalProperties: false },
  ),
  reply: ProviderBody,
  errors: [400, 404, 409],
});

export const deleteResourceProvider = operation({
  name: 'deleteResourceProvider',
  method: 'DELETE',
  path: '/resource_providers/{uuid}',
  policy: forServices('resource_providers:delete'),
  params: ProviderParams,
  status: 204,
  errors: [404, 409],
});

export const listProviderUsages = operation({
  name: 'listProviderUsages',
  method: 'GET',
  path: '/resource_providers/{uuid}/usages',
  policy: forServices('resource_providers:usages'),
  params: ProviderParams,
  reply: T.Object({ resource_provider_generation: T.Integer(), usages: T.Record(T.String(), T.Integer()) }),
  errors: [404],
});

export const listProviderAggregates = operation({
  name: 'listProviderAggregates',
  method: 'GET',
  path: '/resource_providers/{uuid}/aggregates',
  policy: forServices('resource_providers:aggregates:list'),
  versions: { min: '1.1' },
  params: ProviderParams,
  reply: T.Object({ aggregates: T.Array(T.String()), resource_provider_generation: since('1.19', T.Integer()) }),
  errors: [404],
});

const AggregateList = T.Array(Uuid, { uniqueItems: true, maxItems: 1024 });

export const updateProviderAggregates = operation({
  name: 'updateProviderAggregates',
  method: 'PUT',
  path: '/resource_providers/{uuid}/aggregates',
  policy: forServices('resource_providers:aggregates:update'),
  versions: { min: '1.1' },
  params: ProviderParams,
  // A bare list up to 1.18: changes.ts.
  body: T.Object(
    { aggregates: AggregateList, resource_provider_generation: T.Optional(T.Integer({ minimum: 0 })) },
    { additionalProperties: false },
  ),
  reply: T.Object({ aggregates: T.Array(T.String()), resource_provider_generation: since('1.19', T.Integer()) }),
  errors: [400, 404, 409],
});
