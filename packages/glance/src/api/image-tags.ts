import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { Tag } from './image-body.ts';
import { ImageParams } from './images.ts';
import { modifyImagePolicy } from './policies.ts';

const TagParams = T.Object({ ...ImageParams.properties, tag: Tag });

/** Succeeds when the image has the tag already. */
export const addImageTag = operation({
  name: 'addImageTag',
  method: 'PUT',
  path: '/v2/images/{image_id}/tags/{tag}',
  policy: modifyImagePolicy,
  authorize: 'resource',
  params: TagParams,
  status: 204,
  errors: [400, 403, 404, 413],
});

export const deleteImageTag = operation({
  name: 'deleteImageTag',
  method: 'DELETE',
  path: '/v2/images/{image_id}/tags/{tag}',
  policy: modifyImagePolicy,
  authorize: 'resource',
  params: TagParams,
  status: 204,
  errors: [403, 404],
});
