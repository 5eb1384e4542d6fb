import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { ImageParams } from './images.ts';
import { downloadImagePolicy, uploadImagePolicy } from './policies.ts';

/** The content type must be `application/octet-stream`. The image must be queued and have its formats. */
export const uploadImage = operation({
  name: 'uploadImage',
  method: 'PUT',
  path: '/v2/images/{image_id}/file',
  policy: uploadImagePolicy,
  authorize: 'resource',
  params: ImageParams,
  headers: T.Object({
    'content-type': T.Optional(T.String({ maxLength: 255 })),
    'content-length': T.Optional(T.Integer({ minimum: 0 })),
    /** What the data's size must be. */
    'x-openstack-image-size': T.Optional(T.Integer({ minimum: 0 })),
  }),
  stream: 'request',
  status: 204,
  errors: [400, 403, 404, 409, 410, 413, 415],
});

/** 200 with all of it, 206 with the range that was asked for, 204 while the image has no data. */
export const downloadImage = operation({
  name: 'downloadImage',
  method: 'GET',
  path: '/v2/images/{image_id}/file',
  policy: downloadImagePolicy,
  authorize: 'resource',
  params: ImageParams,
  headers: T.Object({ range: T.Optional(T.String({ maxLength: 255 })) }),
  stream: 'response',
  errors: [403, 404, 416],
});
