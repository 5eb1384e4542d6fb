import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import { LooseBoolean, Nullable, QueryBoolean } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { listQuery, Text } from './list-query.ts';
import { member, reader } from './policies.ts';
import {
  Count,
  Description,
  MetadataMap,
  Name,
  NullableString,
  PageLinks,
  PathId,
  SizeGb,
  WithLinks,
} from './shared-schemas.ts';

export const VolumeParams = T.Object({ volume_id: PathId });

export const VolumeAttachmentEntry = T.Object({
  id: T.String(),
  attachment_id: T.String(),
  volume_id: T.String(),
  server_id: NullableString,
  host_name: NullableString,
  device: NullableString,
  attached_at: NullableString,
});

export const VolumeBody = T.Object({
  id: T.String(),
  name: NullableString,
  description: NullableString,
  status: T.String(),
  size: T.Integer(),
  availability_zone: NullableString,
  created_at: T.String(),
  updated_at: NullableString,
  volume_type: NullableString,
  snapshot_id: NullableString,
  source_volid: NullableString,
  metadata: T.Record(T.String(), T.String()),
  ...WithLinks,
  user_id: T.String(),
  bootable: T.String(),
  encrypted: T.Boolean(),
  replication_status: NullableString,
  consistencygroup_id: NullableString,
  multiattach: T.Boolean(),
  attachments: T.Array(VolumeAttachmentEntry),
  migration_status: T.Optional(NullableString),
  volume_image_metadata: T.Optional(T.Record(T.String(), T.String())),
  'os-vol-host-attr:host': T.Optional(NullableString),
  'os-vol-tenant-attr:tenant_id': T.Optional(T.String()),
  'os-vol-mig-status-attr:migstat': T.Optional(NullableString),
  'os-vol-mig-status-attr:name_id': T.Optional(NullableString),
  group_id: since('3.13', NullableString),
  provider_id: T.Optional(since('3.21', NullableString)),
  service_uuid: since('3.48', NullableString),
  shared_targets: since('3.48', T.Boolean()),
  cluster_name: T.Optional(since('3.61', NullableString)),
  volume_type_id: since('3.63', NullableString),
  consumes_quota: since('3.65', T.Boolean()),
});

const VolumeCreate = T.Object(
  {
    size: T.Optional(Nullable(SizeGb)),
    name: Name,
    display_name: Name,
    description: Description,
    display_description: Description,
    availability_zone: T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255 }))),
    volume_type: T.Optional(Nullable(T.String({ maxLength: 255 }))),
    metadata: T.Optional(Nullable(MetadataMap)),
    imageRef: T.Optional(Nullable(T.String({ maxLength: 255 }))),
    image_id: T.Optional(Nullable(T.String({ maxLength: 255 }))),
    snapshot_id: T.Optional(Nullable(T.String({ maxLength: 36 }))),
    source_volid: T.Optional(Nullable(T.String({ maxLength: 36 }))),
    consistencygroup_id: T.Optional(Nullable(T.String({ maxLength: 36 }))),
    group_id: T.Optional(since('3.13', Nullable(T.String({ maxLength: 36 })))),
    backup_id: T.Optional(since('3.47', Nullable(T.String({ maxLength: 36 })))),
    multiattach: T.Optional(Nullable(LooseBoolean)),
  },
  // Clients send fields of older versions (status, attach_status, user_id), which have no effect.
  { additionalProperties: true },
);

const createSpec = {
  name: 'createVolume',
  method: 'POST',
  path: '/v3/volumes',
  policy: member('volume:create'),
  body: T.Object(
    {
      volume: VolumeCreate,
      'OS-SCH-HNT:scheduler_hints': T.Optional(Nullable(T.Record(T.String(), T.Unknown()))),
    },
    { additionalProperties: true },
  ),
  reply: T.Object({ volume: VolumeBody }),
  status: 202,
  errors: [400, 401, 403, 404, 409, 413],
} as const;

export const createVolume = operation(createSpec);

/** The same under the project's URL. A service makes a volume for a project of its users by naming that project here. */
export const createVolumeInProject = operation({
  ...createSpec,
  name: 'createVolumeInProject',
  path: '/v3/{project_id}/volumes',
});

const VolumeListQuery = T.Object(
  {
    ...listQuery,
    bootable: T.Optional(QueryBoolean),
    availability_zone: Text,
    volume_type_id: Text,
    volume_type: Text,
    host: Text,
    migration_status: Text,
    size: Text,
    multiattach: T.Optional(QueryBoolean),
    snapshot_id: Text,
    source_volid: Text,
    glance_metadata: T.Optional(since('3.4', T.String({ maxLength: 1024 }))),
    group_id: T.Optional(since('3.10', T.String({ maxLength: 255 }))),
    consumes_quota: T.Optional(since('3.65', QueryBoolean)),
  },
  { additionalProperties: true },
);

export const listVolumes = operation({
  name: 'listVolumes',
  method: 'GET',
  path: '/v3/volumes',
  policy: reader('volume:get_all'),
  query: VolumeListQuery,
  reply: T.Object({
    volumes: T.Array(T.Object({ id: T.String(), name: NullableString, ...WithLinks })),
    volumes_links: PageLinks,
    count: Count,
  }),
  errors: [400, 401, 403],
});

export const listVolumesDetail = operation({
  name: 'listVolumesDetail',
  method: 'GET',
  path: '/v3/volumes/detail',
  policy: listVolumes.policy,
  query: VolumeListQuery,
  reply: T.Object({ volumes: T.Array(VolumeBody), volumes_links: PageLinks, count: Count }),
  errors: [400, 401, 403],
});

export const summarizeVolumes = operation({
  name: 'summarizeVolumes',
  method: 'GET',
  path: '/v3/volumes/summary',
  policy: listVolumes.policy,
  versions: { min: '3.12' },
  query: T.Object({ all_tenants: T.Optional(QueryBoolean) }, { additionalProperties: true }),
  reply: T.Object({
    'volume-summary': T.Object({
      total_count: T.Integer(),
      total_size: T.Integer(),
      metadata: since('3.36', T.Record(T.String(), T.Array(T.String()))),
    }),
  }),
  errors: [401, 403],
});

export const showVolume = operation({
  name: 'showVolume',
  method: 'GET',
  path: '/v3/volumes/{volume_id}',
  policy: reader('volume:get'),
  authorize: 'resource',
  params: VolumeParams,
  reply: T.Object({ volume: VolumeBody }),
  errors: [401, 404],
});

export const updateVolume = operation({
  name: 'updateVolume',
  method: 'PUT',
  path: '/v3/volumes/{volume_id}',
  policy: member('volume:update'),
  authorize: 'resource',
  params: VolumeParams,
  body: T.Object({
    volume: T.Object(
      {
        name: Name,
        display_name: Name,
        description: Description,
        display_description: Description,
        metadata: T.Optional(Nullable(MetadataMap)),
      },
      { additionalProperties: false, minProperties: 1 },
    ),
  }),
  reply: T.Object({ volume: VolumeBody }),
  errors: [400, 401, 403, 404],
});

export const deleteVolume = operation({
  name: 'deleteVolume',
  method: 'DELETE',
  path: '/v3/volumes/{volume_id}',
  policy: member('volume:delete'),
  authorize: 'resource',
  params: VolumeParams,
  query: T.Object(
    { cascade: T.Optional(QueryBoolean), force: T.Optional(since('3.23', QueryBoolean)) },
    { additionalProperties: true },
  ),
  status: 202,
  errors: [400, 401, 403, 404],
});
