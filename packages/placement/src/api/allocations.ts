import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import { Nullable, Uuid } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { forServices, usagesPolicy } from './policies.ts';
import { ProviderParams } from './resource-providers.ts';
import { Amounts, MemberOf, RequiredTraits, ResourceClassName } from './shared-schemas.ts';

const ConsumerParams = T.Object({ consumer_uuid: Uuid });
const Owner = T.String({ minLength: 1, maxLength: 255 });
export const ConsumerType = T.String({
  pattern: '^[A-Z0-9_]+$',
  form: 'made of capital letters, digits and _',
  minLength: 1,
  maxLength: 255,
});
const Resources = T.Record(ResourceClassName, T.Integer({ minimum: 1, maximum: 0x7fffffff }), {
  additionalProperties: false,
  minProperties: 1,
});
const Wanted = T.Object({ resources: Resources, generation: T.Optional(T.Integer()) }, { additionalProperties: false });
/** By provider. Empty: the consumer gives everything back (from 1.28 on). */
const WantedByProvider = T.Record(T.String({ format: 'uuid' }), Wanted, { additionalProperties: false });

const ConsumerAllocations = T.Object(
  {
    allocations: WantedByProvider,
    project_id: Owner,
    user_id: Owner,
    consumer_generation: T.Optional(since('1.28', Nullable(T.Integer({ minimum: 0 })))),
    consumer_type: T.Optional(since('1.38', ConsumerType)),
    mappings: T.Optional(since('1.34', T.Record(T.String(), T.Array(Uuid)))),
  },
  { additionalProperties: false },
);

export const showAllocations = operation({
  name: 'showAllocations',
  method: 'GET',
  path: '/allocations/{consumer_uuid}',
  policy: forServices('allocations:list'),
  params: ConsumerParams,
  reply: T.Object({
    allocations: T.Record(
      T.String(),
      T.Object({ generation: T.Integer(), resources: T.Record(T.String(), T.Integer()) }),
    ),
    project_id: T.Optional(since('1.12', T.String())),
    user_id: T.Optional(since('1.12', T.String())),
    consumer_generation: T.Optional(since('1.28', T.Integer())),
    consumer_type: T.Optional(since('1.38', Nullable(T.String()))),
  }),
});

export const replaceAllocations = operation({
  name: 'replaceAllocations',
  method: 'PUT',
  path: '/allocations/{consumer_uuid}',
  policy: forServices('allocations:update'),
  versions: { min: '1.12' },
  params: ConsumerParams,
  body: ConsumerAllocations,
  status: 204,
  errors: [400, 404, 409],
});

export const deleteAllocations = operation({
  name: 'deleteAllocations',
  method: 'DELETE',
  path: '/allocations/{consumer_uuid}',
  policy: forServices('allocations:delete'),
  params: ConsumerParams,
  status: 204,
  errors: [404],
});

export const manageAllocations = operation({
  name: 'manageAllocations',
  method: 'POST',
  path: '/allocations',
  policy: forServices('allocations:manage'),
  versions: { min: '1.13' },
  body: T.Record(T.String({ format: 'uuid' }), ConsumerAllocations, {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1000,
  }),
  status: 204,
  errors: [400, 409],
});

export const listProviderAllocations = operation({
  name: 'listProviderAllocations',
  method: 'GET',
  path: '/resource_providers/{uuid}/allocations',
  policy: forServices('resource_providers:allocations:list'),
  params: ProviderParams,
  reply: T.Object({
    allocations: T.Record(
      T.String(),
      T.Object({
        resources: T.Record(T.String(), T.Integer()),
        consumer_generation: T.Optional(since('1.28', T.Integer())),
      }),
    ),
    resource_provider_generation: T.Integer(),
  }),
  errors: [404],
});

export const listUsages = operation({
  name: 'listUsages',
  method: 'GET',
  path: '/usages',
  policy: usagesPolicy,
  authorize: 'resource',
  versions: { min: '1.9' },
  query: T.Object(
    {
      project_id: Owner,
      user_id: T.Optional(Owner),
      consumer_type: T.Optional(
        since(
          '1.38',
          T.String({
            pattern: '^([A-Z0-9_]+|all|unknown)$',
            form: 'a type in capital letters, all or unknown',
            maxLength: 255,
          }),
        ),
      ),
    },
    { additionalProperties: false },
  ),
  // Up to 1.37 amounts by class; from 1.38 on by consumer type, each with a consumer_count.
  reply: T.Object({ usages: T.Record(T.String(), T.Unknown()) }),
  errors: [400],
});

export const listAllocationCandidates = operation({
  name: 'listAllocationCandidates',
  method: 'GET',
  path: '/allocation_candidates',
  policy: forServices('allocation_candidates:list'),
  versions: { min: '1.10' },
  query: T.Object(
    {
      resources: Amounts,
      limit: T.Optional(since('1.16', T.Integer({ minimum: 1, maximum: 10_000 }))),
      required: T.Optional(since('1.17', RequiredTraits)),
      member_of: T.Optional(since('1.21', MemberOf)),
      in_tree: T.Optional(since('1.31', Uuid)),
      root_required: T.Optional(
        since(
          '1.35',
          T.String({
            pattern: '^!?[A-Z0-9_]+(,!?[A-Z0-9_]+)*$',
            form: 'a list of traits, like HW_CPU_X86_AVX,!CUSTOM_X',
            maxLength: 4096,
          }),
        ),
      ),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({
    allocation_requests: T.Array(
      T.Object({
        allocations: T.Record(T.String(), T.Object({ resources: T.Record(T.String(), T.Integer()) })),
        mappings: T.Optional(since('1.34', T.Record(T.String(), T.Array(T.String())))),
      }),
    ),
    provider_summaries: T.Record(
      T.String(),
      T.Object({
        resources: T.Record(T.String(), T.Object({ capacity: T.Integer(), used: T.Integer() })),
        traits: T.Optional(since('1.17', T.Array(T.String()))),
        parent_provider_uuid: T.Optional(since('1.29', Nullable(T.String()))),
        root_provider_uuid: T.Optional(since('1.29', T.String())),
      }),
    ),
  }),
  errors: [400],
});
