import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import { Links, LooseBoolean, LooseInteger, Nullable, paging, sortKeys } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { admin, reader } from './policies.ts';
import { Name, NextLinks, NullableText, strict } from './shared-schemas.ts';

export const FlavorParams = T.Object({ flavor_id: T.String({ maxLength: 255 }) });
const ExtraSpecs = T.Record(T.String(), T.String());

export const FlavorBody = T.Object({
  id: T.String(),
  name: T.String(),
  ram: T.Integer(),
  disk: T.Integer(),
  vcpus: T.Integer(),
  /** '' for none up to 2.74. */
  swap: T.Union([T.Integer(), T.Literal('')]),
  'OS-FLV-EXT-DATA:ephemeral': T.Integer(),
  'OS-FLV-DISABLED:disabled': T.Boolean(),
  'os-flavor-access:is_public': T.Boolean(),
  rxtx_factor: T.Number(),
  links: Links,
  description: since('2.55', NullableText),
  extra_specs: T.Optional(since('2.61', ExtraSpecs)),
});
const OneFlavor = T.Object({ flavor: FlavorBody });

const ListQuery = T.Object({
  ...paging,
  ...sortKeys,
  is_public: T.Optional(T.String({ maxLength: 16 })),
  minRam: T.Optional(T.Integer({ minimum: 0 })),
  minDisk: T.Optional(T.Integer({ minimum: 0 })),
});

export const listFlavors = operation({
  name: 'listFlavors',
  method: 'GET',
  path: '/v2.1/flavors',
  policy: 'authenticated',
  query: ListQuery,
  reply: T.Object({
    flavors: T.Array(
      T.Object({ id: T.String(), name: T.String(), links: Links, description: since('2.55', NullableText) }),
    ),
    flavors_links: NextLinks,
  }),
  errors: [400, 401, 403],
});
export const listFlavorsDetail = operation({
  name: 'listFlavorsDetail',
  method: 'GET',
  path: '/v2.1/flavors/detail',
  policy: 'authenticated',
  query: ListQuery,
  reply: T.Object({ flavors: T.Array(FlavorBody), flavors_links: NextLinks }),
  errors: [400, 401, 403],
});
export const showFlavor = operation({
  name: 'showFlavor',
  method: 'GET',
  path: '/v2.1/flavors/{flavor_id}',
  policy: 'authenticated',
  params: FlavorParams,
  reply: OneFlavor,
  errors: [401, 403, 404],
});
export const createFlavor = operation({
  name: 'createFlavor',
  method: 'POST',
  path: '/v2.1/flavors',
  policy: admin('os-flavor-manage:create'),
  body: strict({
    flavor: strict({
      name: Name,
      id: T.Optional(
        T.Union([
          T.String({
            minLength: 1,
            maxLength: 255,
            pattern: '^(?! )[a-zA-Z0-9. _-]+(?<! )$',
            form: 'made of letters, digits, . _ - and spaces that are inside',
          }),
          T.Integer({ minimum: 0 }),
          T.Null(),
        ]),
      ),
      ram: LooseInteger,
      vcpus: LooseInteger,
      disk: LooseInteger,
      'OS-FLV-EXT-DATA:ephemeral': T.Optional(LooseInteger),
      swap: T.Optional(LooseInteger),
      rxtx_factor: T.Optional(
        T.Union([
          T.Number({ exclusiveMinimum: 0, maximum: 3.4e38 }),
          T.String({ pattern: '^[0-9]+(\\.[0-9]+)?$', form: 'a number', maxLength: 39 }),
        ]),
      ),
      'os-flavor-access:is_public': T.Optional(LooseBoolean),
      description: T.Optional(since('2.55', Nullable(T.String({ maxLength: 65_535 })))),
    }),
  }),
  reply: OneFlavor,
  status: 200,
  errors: [400, 401, 403, 409],
});
export const updateFlavor = operation({
  name: 'updateFlavor',
  method: 'PUT',
  path: '/v2.1/flavors/{flavor_id}',
  policy: admin('os-flavor-manage:update'),
  versions: { min: '2.55' },
  params: FlavorParams,
  body: strict({ flavor: strict({ description: Nullable(T.String({ maxLength: 65_535 })) }) }),
  reply: OneFlavor,
  errors: [400, 401, 403, 404],
});
export const deleteFlavor = operation({
  name: 'deleteFlavor',
  method: 'DELETE',
  path: '/v2.1/flavors/{flavor_id}',
  policy: admin('os-flavor-manage:delete'),
  params: FlavorParams,
  status: 202,
  errors: [401, 403, 404],
});

const SpecsInput = T.Record(
  T.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$', form: 'of 1 to 255 letters, digits, spaces and _ : . -' }),
  T.Union([T.String({ maxLength: 255 }), T.Number()]),
  { additionalProperties: false, minProperties: 1 },
);
const specsPath = '/v2.1/flavors/{flavor_id}/os-extra_specs';
const specPath = '/v2.1/flavors/{flavor_id}/os-extra_specs/{key}';
const SpecParams = T.Object({ ...FlavorParams.properties, key: T.String({ maxLength: 255 }) });
export const listExtraSpecs = operation({
  name: 'listExtraSpecs',
  method: 'GET',
  path: specsPath,
  policy: reader('os-flavor-extra-specs:index'),
  params: FlavorParams,
  reply: T.Object({ extra_specs: ExtraSpecs }),
  errors: [401, 403, 404],
});
export const createExtraSpecs = operation({
  name: 'createExtraSpecs',
  method: 'POST',
  path: specsPath,
  policy: admin('os-flavor-extra-specs:create'),
  params: FlavorParams,
  body: strict({ extra_specs: SpecsInput }),
  reply: T.Object({ extra_specs: ExtraSpecs }),
  status: 200,
  errors: [400, 401, 403, 404, 409],
});
export const showExtraSpec = operation({
  name: 'showExtraSpec',
  method: 'GET',
  path: specPath,
  policy: reader('os-flavor-extra-specs:show'),
  params: SpecParams,
  reply: ExtraSpecs,
  errors: [401, 403, 404],
});
export const updateExtraSpec = operation({
  name: 'updateExtraSpec',
  method: 'PUT',
  path: specPath,
  policy: admin('os-flavor-extra-specs:update'),
  params: SpecParams,
  body: SpecsInput,
  reply: ExtraSpecs,
  errors: [400, 401, 403, 404, 409],
});
export const deleteExtraSpec = operation({
  name: 'deleteExtraSpec',
  method: 'DELETE',
  path: specPath,
  policy: admin('os-flavor-extra-specs:delete'),
  params: SpecParams,
  status: 200,
  errors: [401, 403, 404],
});

const Access = T.Object({ flavor_access: T.Array(T.Object({ flavor_id: T.String(), tenant_id: T.String() })) });
const Tenant = strict({
  tenant: T.String({
    minLength: 1,
    maxLength: 255,
    pattern: '^[a-zA-Z0-9_-]+$',
    form: 'made of letters, digits, _ and -',
  }),
});
export const listFlavorAccess = operation({
  name: 'listFlavorAccess',
  method: 'GET',
  path: '/v2.1/flavors/{flavor_id}/os-flavor-access',
  policy: admin('os-flavor-access'),
  params: FlavorParams,
  reply: Access,
  errors: [401, 403, 404],
});
export const addTenantAccess = operation({
  name: 'addTenantAccess',
  method: 'POST',
  path: '/v2.1/flavors/{flavor_id}/action',
  action: 'addTenantAccess',
  policy: admin('os-flavor-access:add_tenant_access'),
  params: FlavorParams,
  body: strict({ addTenantAccess: Tenant }),
  reply: Access,
  status: 200,
  errors: [400, 401, 403, 404, 409],
});
export const removeTenantAccess = operation({
  name: 'removeTenantAccess',
  method: 'POST',
  path: '/v2.1/flavors/{flavor_id}/action',
  action: 'removeTenantAccess',
  policy: admin('os-flavor-access:remove_tenant_access'),
  params: FlavorParams,
  body: strict({ removeTenantAccess: Tenant }),
  reply: Access,
  status: 200,
  errors: [400, 401, 403, 404, 409],
});
