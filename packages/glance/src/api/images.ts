import { operation } from '@kumo/core/http';
import { paging, QueryBoolean, sortKeys, sortList } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { ImageBody, ImageCreateBody } from './image-body.ts';
import {
  addImagePolicy,
  deactivatePolicy,
  deleteImagePolicy,
  getImagePolicy,
  getImagesPolicy,
  modifyImagePolicy,
  reactivatePolicy,
} from './policies.ts';

export const ImageParams = T.Object({ image_id: T.String({ minLength: 1, maxLength: 255 }) });
export const patchTypes = [
  'application/openstack-images-v2.1-json-patch',
  'application/openstack-images-v2.0-json-patch',
] as const;

export const createImage = operation({
  name: 'createImage',
  method: 'POST',
  path: '/v2/images',
  policy: addImagePolicy,
  authorize: 'resource',
  body: ImageCreateBody,
  reply: ImageBody,
  status: 201,
  errors: [400, 403, 409, 413],
});

const Text = T.Optional(T.String({ maxLength: 4096 }));
const Bytes = T.Optional(T.Integer({ minimum: 0 }));

export const listImages = operation({
  name: 'listImages',
  method: 'GET',
  path: '/v2/images',
  policy: getImagesPolicy,
  // Every other parameter is a property that the images must have, with its value.
  query: T.Object({
    ...paging,
    ...sortKeys,
    ...sortList,
    id: Text,
    name: Text,
    status: Text,
    owner: Text,
    visibility: T.Optional(
      T.String({
        pattern: '^(?:private|shared|community|public|all)$',
        form: 'private, shared, community, public or all',
      }),
    ),
    protected: T.Optional(QueryBoolean),
    os_hidden: T.Optional(QueryBoolean),
    member_status: T.Optional(
      T.String({ pattern: '^(?:pending|accepted|rejected|all)$', form: 'pending, accepted, rejected or all' }),
    ),
    container_format: Text,
    disk_format: Text,
    checksum: Text,
    os_hash_algo: Text,
    os_hash_value: Text,
    min_disk: Bytes,
    min_ram: Bytes,
    size: Bytes,
    size_min: Bytes,
    size_max: Bytes,
    virtual_size: Bytes,
    tag: T.Optional(T.Array(T.String({ minLength: 1, maxLength: 255 }), { maxItems: 128 })),
    created_at: Text,
    updated_at: Text,
  }),
  reply: T.Object({
    images: T.Array(ImageBody),
    first: T.String(),
    next: T.Optional(T.String()),
    schema: T.String(),
  }),
  errors: [400, 403],
});

export const showImage = operation({
  name: 'showImage',
  method: 'GET',
  path: '/v2/images/{image_id}',
  policy: getImagePolicy,
  authorize: 'resource',
  params: ImageParams,
  reply: ImageBody,
  errors: [403, 404],
});

/** A JSON patch of one of `patchTypes`; our own client sends the first of them. */
export const updateImage = operation({
  name: 'updateImage',
  method: 'PATCH',
  path: '/v2/images/{image_id}',
  policy: modifyImagePolicy,
  authorize: 'resource',
  params: ImageParams,
  headers: T.Object({ 'content-type': T.Optional(T.String({ maxLength: 255 })) }),
  contentTypes: patchTypes,
  // Checked by app/image-patch.ts: the two media types write changes differently, and a wrong one is 400, 403 or 409.
  body: T.Array(T.Record(T.String(), T.Unknown()), { maxItems: 1024 }),
  reply: ImageBody,
  errors: [400, 403, 404, 409, 413, 415],
});

export const deleteImage = operation({
  name: 'deleteImage',
  method: 'DELETE',
  path: '/v2/images/{image_id}',
  policy: deleteImagePolicy,
  authorize: 'resource',
  params: ImageParams,
  status: 204,
  errors: [403, 404],
});

export const deactivateImage = operation({
  name: 'deactivateImage',
  method: 'POST',
  path: '/v2/images/{image_id}/actions/deactivate',
  policy: deactivatePolicy,
  authorize: 'resource',
  params: ImageParams,
  status: 204,
  errors: [403, 404],
});

export const reactivateImage = operation({
  name: 'reactivateImage',
  method: 'POST',
  path: '/v2/images/{image_id}/actions/reactivate',
  policy: reactivatePolicy,
  authorize: 'resource',
  params: ImageParams,
  status: 204,
  errors: [403, 404],
});
