import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { member, reader } from './policies.ts';
import { MetaBody, MetadataBody, MetadataReply, MetaReply, PathId } from './shared-schemas.ts';
import { VolumeParams } from './volumes.ts';

const KeyParams = T.Object({ volume_id: PathId, key: PathId });
const path = '/v3/volumes/{volume_id}/metadata';
const errors = [400, 401, 403, 404];

export const listVolumeMetadata = operation({
  name: 'listVolumeMetadata',
  method: 'GET',
  path,
  policy: reader('volume:get_volume_metadata'),
  authorize: 'resource',
  params: VolumeParams,
  reply: MetadataReply,
  errors: [401, 404],
});

/** Adds to what is there. */
export const createVolumeMetadata = operation({
  name: 'createVolumeMetadata',
  method: 'POST',
  path,
  policy: member('volume:create_volume_metadata'),
  authorize: 'resource',
  params: VolumeParams,
  body: MetadataBody,
  reply: MetadataReply,
  errors,
});

/** Takes the place of what is there. */
export const replaceVolumeMetadata = operation({
  name: 'replaceVolumeMetadata',
  method: 'PUT',
  path,
  policy: member('volume:update_volume_metadata'),
  authorize: 'resource',
  params: VolumeParams,
  body: MetadataBody,
  reply: MetadataReply,
  errors,
});

export const showVolumeMetadataItem = operation({
  name: 'showVolumeMetadataItem',
  method: 'GET',
  path: `${path}/{key}`,
  policy: listVolumeMetadata.policy,
  authorize: 'resource',
  params: KeyParams,
  reply: MetaReply,
  errors: [401, 404],
});

export const updateVolumeMetadataItem = operation({
  name: 'updateVolumeMetadataItem',
  method: 'PUT',
  path: `${path}/{key}`,
  policy: replaceVolumeMetadata.policy,
  authorize: 'resource',
  params: KeyParams,
  body: MetaBody,
  reply: MetaReply,
  errors,
});

export const deleteVolumeMetadataItem = operation({
  name: 'deleteVolumeMetadataItem',
  method: 'DELETE',
  path: `${path}/{key}`,
  policy: member('volume:delete_volume_metadata'),
  authorize: 'resource',
  params: KeyParams,
  status: 200,
  errors: [401, 403, 404],
});
