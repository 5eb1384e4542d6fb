import { operationsIn, policiesOf } from '@kumo/core/http';
import type { Policy } from '@kumo/core/policy';
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

import { furtherPolicies } from './policies.ts';

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

/** The defaults of all of Glance's policies: those of its operations, and those that handlers and other rules ask. */
export const glancePolicies: readonly Policy[] = [...furtherPolicies, ...policiesOf(operationsIn(glanceApi))];
