import * as discovery from './discovery.ts';
import * as data from './image-data.ts';
import * as members from './image-members.ts';
import * as tags from './image-tags.ts';
import {
  createImage,
  deactivateImage,
  deleteImage,
  listImages,
  reactivateImage,
  showImage,
  updateImage,
} from './images.ts';

export * from './discovery.ts';
export type { ImageBody, ImageCreateBody } from './image-body.ts';
export * from './image-data.ts';
export * from './image-members.ts';
export * from './image-tags.ts';
export {
  createImage,
  deactivateImage,
  deleteImage,
  listImages,
  patchTypes,
  reactivateImage,
  showImage,
  updateImage,
} from './images.ts';

/** Glance's operations, for `client(glanceApi, env.transport('glance-api'), …)`. */
export const glanceApi = {
  ...discovery,
  ...data,
  ...members,
  ...tags,
  createImage,
  listImages,
  showImage,
  updateImage,
  deleteImage,
  deactivateImage,
  reactivateImage,
};
