import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { member, reader } from './policies.ts';
import { MetaBody, MetadataBody, MetadataReply, MetaReply, PathId } from './shared-schemas.ts';
import { SnapshotParams } from './snapshots.ts';

const KeyParams = T.Object({ snapshot_id: PathId, key: PathId });
const path = '/v3/snapshots/{snapshot_id}/metadata';
const errors = [400, 401, 403, 404];

export const listSnapshotMetadata = operation({
  name: 'listSnapshotMetadata',
  method: 'GET',
  path,
  policy: reader('volume:get_snapshot_metadata'),
  authorize: 'resource',
  params: SnapshotParams,
  reply: MetadataReply,
  errors: [401, 404],
});

/** Adds to what is there. */
export const createSnapshotMetadata = operation({
  name: 'createSnapshotMetadata',
  method: 'POST',
  path,
  policy: member('volume:update_snapshot_metadata'),
  authorize: 'resource',
  params: SnapshotParams,
  body: MetadataBody,
  reply: MetadataReply,
  errors,
});

/** Takes the place of what is there. */
export const replaceSnapshotMetadata = operation({
  name: 'replaceSnapshotMetadata',
  method: 'PUT',
  path,
  policy: createSnapshotMetadata.policy,
  authorize: 'resource',
  params: SnapshotParams,
  body: MetadataBody,
  reply: MetadataReply,
  errors,
});

export const showSnapshotMetadataItem = operation({
  name: 'showSnapshotMetadataItem',
  method: 'GET',
  path: `${path}/{key}`,
  policy: listSnapshotMetadata.policy,
  authorize: 'resource',
  params: KeyParams,
  reply: MetaReply,
  errors: [401, 404],
});

export const updateSnapshotMetadataItem = operation({
  name: 'updateSnapshotMetadataItem',
  method: 'PUT',
  path: `${path}/{key}`,
  policy: createSnapshotMetadata.policy,
  authorize: 'resource',
  params: KeyParams,
  body: MetaBody,
  reply: MetaReply,
  errors,
});

export const deleteSnapshotMetadataItem = operation({
  name: 'deleteSnapshotMetadataItem',
  method: 'DELETE',
  path: `${path}/{key}`,
  policy: member('volume:delete_snapshot_metadata'),
  authorize: 'resource',
  params: KeyParams,
  status: 200,
  errors: [401, 403, 404],
});
