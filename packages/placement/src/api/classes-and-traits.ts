import { operation } from '@kumo/core/http';
import { Links } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { forServices } from './policies.ts';
import { ProviderParams } from './resource-providers.ts';
import { AnyName, CustomResourceClassName, CustomTraitName, Generation, TraitName } from './shared-schemas.ts';

const ResourceClass = T.Object({ name: T.String(), links: Links });
/** A name that no class or trait can have is one that none has: 404. */
const ClassParams = T.Object({ name: AnyName });
const TraitParams = T.Object({ name: AnyName });

export const listResourceClasses = operation({
  name: 'listResourceClasses',
  method: 'GET',
  path: '/resource_classes',
  policy: forServices('resource_classes:list'),
  versions: { min: '1.2' },
  reply: T.Object({ resource_classes: T.Array(ResourceClass) }),
});

export const createResourceClass = operation({
  name: 'createResourceClass',
  method: 'POST',
  path: '/resource_classes',
  policy: forServices('resource_classes:create'),
  versions: { min: '1.2' },
  body: T.Object({ name: CustomResourceClassName }, { additionalProperties: false }),
  status: 201,
  errors: [400, 409],
});

export const showResourceClass = operation({
  name: 'showResourceClass',
  method: 'GET',
  path: '/resource_classes/{name}',
  policy: forServices('resource_classes:show'),
  versions: { min: '1.2' },
  params: ClassParams,
  reply: ResourceClass,
  errors: [404],
});

/** From 1.7 on: makes it, 201, or confirms it, 204. Renaming (1.2 to 1.6) is not offered. */
export const ensureResourceClass = operation({
  name: 'ensureResourceClass',
  method: 'PUT',
  path: '/resource_classes/{name}',
  policy: forServices('resource_classes:update'),
  versions: { min: '1.7' },
  params: T.Object({ name: CustomResourceClassName }),
  status: 201,
  errors: [400],
});

export const deleteResourceClass = operation({
  name: 'deleteResourceClass',
  method: 'DELETE',
  path: '/resource_classes/{name}',
  policy: forServices('resource_classes:delete'),
  versions: { min: '1.2' },
  params: ClassParams,
  status: 204,
  errors: [400, 404, 409],
});

export const listTraits = operation({
  name: 'listTraits',
  method: 'GET',
  path: '/traits',
  policy: forServices('traits:list'),
  versions: { min: '1.6' },
  query: T.Object(
    {
      name: T.Optional(
        T.String({
          pattern: '^(in:[A-Z0-9_]+(,[A-Z0-9_]+)*|startswith:[A-Z0-9_]+)$',
          form: 'in: with names of traits, or startswith: with the beginning of one',
          maxLength: 4096,
        }),
      ),
      associated: T.Optional(T.String({ pattern: '^([Tt]rue|[Ff]alse|1|0|[Yy]es|[Nn]o)$', form: 'true or false' })),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ traits: T.Array(T.String()) }),
  errors: [400],
});

export const showTrait = operation({
  name: 'showTrait',
  method: 'GET',
  path: '/traits/{name}',
  policy: forServices('traits:show'),
  versions: { min: '1.6' },
  params: TraitParams,
  status: 204,
  errors: [404],
});

export const ensureTrait = operation({
  name: 'ensureTrait',
  method: 'PUT',
  path: '/traits/{name}',
  policy: forServices('traits:update'),
  versions: { min: '1.6' },
  params: T.Object({ name: CustomTraitName }),
  status: 201,
  errors: [400],
});

export const deleteTrait = operation({
  name: 'deleteTrait',
  method: 'DELETE',
  path: '/traits/{name}',
  policy: forServices('traits:delete'),
  versions: { min: '1.6' },
  params: TraitParams,
  status: 204,
  errors: [400, 404, 409],
});

const ProviderTraits = T.Object({ resource_provider_generation: T.Integer(), traits: T.Array(T.String()) });

export const listProviderTraits = operation({
  name: 'listProviderTraits',
  method: 'GET',
  path: '/resource_providers/{uuid}/traits',
  policy: forServices('resource_providers:traits:list'),
  versions: { min: '1.6' },
  params: ProviderParams,
  reply: ProviderTraits,
  errors: [404],
});

export const replaceProviderTraits = operation({
  name: 'replaceProviderTraits',
  method: 'PUT',
  path: '/resource_providers/{uuid}/traits',
  policy: forServices('resource_providers:traits:update'),
  versions: { min: '1.6' },
  params: ProviderParams,
  body: T.Object(
    { resource_provider_generation: Generation, traits: T.Array(TraitName, { uniqueItems: true, maxItems: 4096 }) },
    { additionalProperties: false },
  ),
  reply: ProviderTraits,
  errors: [400, 404, 409],
});

export const deleteProviderTraits = operation({
  name: 'deleteProviderTraits',
  method: 'DELETE',
  path: '/resource_providers/{uuid}/traits',
  policy: forServices('resource_providers:traits:delete'),
  versions: { min: '1.6' },
  params: ProviderParams,
  status: 204,
  errors: [404, 409],
});
