import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import { LooseBoolean, Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { listQuery, Text } from './list-query.ts';
import { admin, member, reader } from './policies.ts';
import { Count, Description, MetadataMap, Name, NullableString, PageLinks, PathId } from './shared-schemas.ts';

export const SnapshotParams = T.Object({ snapshot_id: PathId });

const brief = {
  id: T.String(),
  name: NullableString,
  description: NullableString,
  volume_id: T.String(),
  status: T.String(),
  size: T.Integer(),
  created_at: T.String(),
  updated_at: NullableString,
  metadata: T.Record(T.String(), T.String()),
  user_id: T.Optional(since('3.41', T.String())),
  consumes_quota: since('3.65', T.Boolean()),
} as const;
/** Without the fields that OpenStack's extension adds to shows and detailed lists. */
const SnapshotBrief = T.Object(brief);
const SnapshotChanged = T.Object({ ...brief, group_snapshot_id: since('3.14', NullableString) });
export const SnapshotBody = T.Object({
  ...brief,
  'os-extended-snapshot-attributes:project_id': T.Optional(T.String()),
  'os-extended-snapshot-attributes:progress': T.Optional(T.String()),
  group_snapshot_id: T.Optional(since('3.14', NullableString)),
});

export const createSnapshot = operation({
  name: 'createSnapshot',
  method: 'POST',
  path: '/v3/snapshots',
  policy: member('volume:create_snapshot'),
  authorize: 'resource',
  body: T.Object({
    snapshot: T.Object(
      {
        volume_id: Nullable(T.String({ format: 'uuid' })),
        name: Name,
        display_name: Name,
        description: Description,
        display_description: Description,
        metadata: T.Optional(Nullable(MetadataMap)),
        // From 3.66 on a snapshot of an attached volume needs no force, and `false` is refused.
        force: T.Optional(Nullable(LooseBoolean)),
      },
      { additionalProperties: true },
    ),
  }),
  reply: T.Object({ snapshot: SnapshotChanged }),
  status: 202,
  errors: [400, 401, 403, 404, 413],
});

const SnapshotQuery = T.Object(
  {
    ...listQuery,
    volume_id: Text,
    availability_zone: Text,
    consumes_quota: T.Optional(since('3.65', T.String({ maxLength: 16 }))),
  },
  { additionalProperties: true },
);

export const listSnapshots = operation({
  name: 'listSnapshots',
  method: 'GET',
  path: '/v3/snapshots',
  policy: reader('volume:get_all_snapshots'),
  query: SnapshotQuery,
  reply: T.Object({ snapshots: T.Array(SnapshotBrief), snapshots_links: PageLinks, count: Count }),
  errors: [400, 401, 403],
});

export const listSnapshotsDetail = operation({
  name: 'listSnapshotsDetail',
  method: 'GET',
  path: '/v3/snapshots/detail',
  policy: listSnapshots.policy,
  query: SnapshotQuery,
  reply: T.Object({ snapshots: T.Array(SnapshotBody), snapshots_links: PageLinks, count: Count }),
  errors: [400, 401, 403],
});

export const showSnapshot = operation({
  name: 'showSnapshot',
  method: 'GET',
  path: '/v3/snapshots/{snapshot_id}',
  policy: reader('volume:get_snapshot'),
  authorize: 'resource',
  params: SnapshotParams,
  reply: T.Object({ snapshot: SnapshotBody }),
  errors: [401, 404],
});

export const updateSnapshot = operation({
  name: 'updateSnapshot',
  method: 'PUT',
  path: '/v3/snapshots/{snapshot_id}',
  policy: member('volume:update_snapshot'),
  authorize: 'resource',
  params: SnapshotParams,
  body: T.Object({
    snapshot: T.Object(
      { name: Name, display_name: Name, description: Description, display_description: Description },
      { additionalProperties: false, minProperties: 1 },
    ),
  }),
  reply: T.Object({ snapshot: SnapshotChanged }),
  errors: [400, 401, 403, 404],
});

export const deleteSnapshot = operation({
  name: 'deleteSnapshot',
  method: 'DELETE',
  path: '/v3/snapshots/{snapshot_id}',
  policy: member('volume:delete_snapshot'),
  authorize: 'resource',
  params: SnapshotParams,
  status: 202,
  errors: [400, 401, 403, 404],
});

const action = {
  method: 'POST',
  path: '/v3/snapshots/{snapshot_id}/action',
  authorize: 'resource',
  params: SnapshotParams,
  status: 202,
  errors: [400, 401, 403, 404],
} as const;

export const resetSnapshotStatus = operation({
  ...action,
  name: 'resetSnapshotStatus',
  action: 'os-reset_status',
  policy: admin('volume_extension:snapshot_admin_actions:reset_status'),
  body: T.Object(
    {
      'os-reset_status': T.Object(
        { status: T.String({ minLength: 1, maxLength: 255 }) },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
});

export const forceDeleteSnapshot = operation({
  ...action,
  name: 'forceDeleteSnapshot',
  action: 'os-force_delete',
  policy: admin('volume_extension:snapshot_admin_actions:force_delete'),
  body: T.Object({ 'os-force_delete': Nullable(T.Record(T.String(), T.Unknown())) }, { additionalProperties: false }),
});
