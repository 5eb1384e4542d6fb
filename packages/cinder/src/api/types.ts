import { operation } from '@kumo/core/http';
import { LooseBoolean, Nullable, paging, sortKeys, sortList } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { Text } from './list-query.ts';
import { admin, reader } from './policies.ts';
import { NullableString, PageLinks, PathId } from './shared-schemas.ts';

const TypeParams = T.Object({ type_id: PathId });
const SpecParams = T.Object({ type_id: PathId, key: PathId });
const Specs = T.Record(
  T.String({ pattern: '^[a-zA-Z0-9_:. -]{1,255}$', form: 'of 1 to 255 letters, digits, spaces and _ : . -' }),
  T.String({ maxLength: 255 }),
  {
    additionalProperties: false,
    maxProperties: 128,
  },
);

export const VolumeTypeBody = T.Object({
  id: T.String(),
  name: T.String(),
  description: NullableString,
  is_public: T.Boolean(),
  'os-volume-type-access:is_public': T.Optional(T.Boolean()),
  qos_specs_id: T.Optional(NullableString),
  extra_specs: T.Optional(T.Record(T.String(), T.String())),
});

export const listVolumeTypes = operation({
  name: 'listVolumeTypes',
  method: 'GET',
  path: '/v3/types',
  policy: reader('volume_extension:type_get_all'),
  query: T.Object(
    { ...paging, ...sortKeys, ...sortList, is_public: Text, extra_specs: Text, name: Text, description: Text },
    { additionalProperties: true },
  ),
  reply: T.Object({ volume_types: T.Array(VolumeTypeBody), volume_type_links: PageLinks }),
  errors: [400, 401],
});

/** `default` names the type of volumes for which none is asked. */
export const showVolumeType = operation({
  name: 'showVolumeType',
  method: 'GET',
  path: '/v3/types/{type_id}',
  policy: reader('volume_extension:type_get'),
  params: TypeParams,
  reply: T.Object({ volume_type: VolumeTypeBody }),
  errors: [401, 404],
});

export const createVolumeType = operation({
  name: 'createVolumeType',
  method: 'POST',
  path: '/v3/types',
  policy: admin('volume_extension:type_create'),
  body: T.Object({
    volume_type: T.Object(
      {
        name: T.String({ minLength: 1, maxLength: 255, format: 'not-blank' }),
        description: T.Optional(Nullable(T.String({ maxLength: 255 }))),
        extra_specs: T.Optional(Nullable(Specs)),
        'os-volume-type-access:is_public': T.Optional(Nullable(LooseBoolean)),
      },
      { additionalProperties: false },
    ),
  }),
  reply: T.Object({ volume_type: VolumeTypeBody }),
  status: 200,
  errors: [400, 401, 403, 409],
});

export const updateVolumeType = operation({
  name: 'updateVolumeType',
  method: 'PUT',
  path: '/v3/types/{type_id}',
  policy: admin('volume_extension:type_update'),
  params: TypeParams,
  body: T.Object({
    volume_type: T.Object(
      {
        name: T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255, format: 'not-blank' }))),
        description: T.Optional(Nullable(T.String({ maxLength: 255 }))),
        is_public: T.Optional(Nullable(LooseBoolean)),
      },
      { additionalProperties: false, minProperties: 1 },
    ),
  }),
  reply: T.Object({ volume_type: VolumeTypeBody }),
  errors: [400, 401, 403, 404, 409],
});

export const deleteVolumeType = operation({
  name: 'deleteVolumeType',
  method: 'DELETE',
  path: '/v3/types/{type_id}',
  policy: admin('volume_extension:type_delete'),
  params: TypeParams,
  status: 202,
  errors: [400, 401, 403, 404],
});

const SpecsReply = T.Object({ extra_specs: T.Record(T.String(), T.String()) });

export const listTypeExtraSpecs = operation({
  name: 'listTypeExtraSpecs',
  method: 'GET',
  path: '/v3/types/{type_id}/extra_specs',
  policy: reader('volume_extension:types_extra_specs:index'),
  params: TypeParams,
  reply: SpecsReply,
  errors: [401, 403, 404],
});

export const createTypeExtraSpecs = operation({
  name: 'createTypeExtraSpecs',
  method: 'POST',
  path: '/v3/types/{type_id}/extra_specs',
  policy: admin('volume_extension:types_extra_specs:create'),
  params: TypeParams,
  body: T.Object({ extra_specs: Specs }, { additionalProperties: false }),
  reply: SpecsReply,
  status: 200,
  errors: [400, 401, 403, 404],
});

export const showTypeExtraSpec = operation({
  name: 'showTypeExtraSpec',
  method: 'GET',
  path: '/v3/types/{type_id}/extra_specs/{key}',
  policy: reader('volume_extension:types_extra_specs:show'),
  params: SpecParams,
  reply: T.Record(T.String(), T.String()),
  errors: [401, 403, 404],
});

export const updateTypeExtraSpec = operation({
  name: 'updateTypeExtraSpec',
  method: 'PUT',
  path: '/v3/types/{type_id}/extra_specs/{key}',
  policy: admin('volume_extension:types_extra_specs:update'),
  params: SpecParams,
  body: T.Record(
    T.String({ pattern: '^[a-zA-Z0-9_:. -]{1,255}$', form: 'of 1 to 255 letters, digits, spaces and _ : . -' }),
    T.String({ maxLength: 255 }),
    {
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
    },
  ),
  reply: T.Record(T.String(), T.String()),
  errors: [400, 401, 403, 404],
});

export const deleteTypeExtraSpec = operation({
  name: 'deleteTypeExtraSpec',
  method: 'DELETE',
  path: '/v3/types/{type_id}/extra_specs/{key}',
  policy: admin('volume_extension:types_extra_specs:delete'),
  params: SpecParams,
  status: 202,
  errors: [401, 403, 404],
});

export const listTypeAccess = operation({
  name: 'listTypeAccess',
  method: 'GET',
  path: '/v3/types/{type_id}/os-volume-type-access',
  policy: admin('volume_extension:volume_type_access:get_all_for_type'),
  params: TypeParams,
  reply: T.Object({ volume_type_access: T.Array(T.Object({ volume_type_id: T.String(), project_id: T.String() })) }),
  errors: [401, 403, 404],
});

const Project = T.Object({ project: T.String({ minLength: 1, maxLength: 255 }) }, { additionalProperties: false });
const access = {
  method: 'POST',
  path: '/v3/types/{type_id}/action',
  params: TypeParams,
  status: 202,
  errors: [400, 401, 403, 404, 409],
} as const;

export const addTypeAccess = operation({
  ...access,
  name: 'addTypeAccess',
  action: 'addProjectAccess',
  policy: admin('volume_extension:volume_type_access:addProjectAccess'),
  body: T.Object({ addProjectAccess: Project }, { additionalProperties: false }),
});

export const removeTypeAccess = operation({
  ...access,
  name: 'removeTypeAccess',
  action: 'removeProjectAccess',
  policy: admin('volume_extension:volume_type_access:removeProjectAccess'),
  body: T.Object({ removeProjectAccess: Project }, { additionalProperties: false }),
});
