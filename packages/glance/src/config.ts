import { policySettings } from '@kumo/core/policy';
import { type Static, Type as T } from 'typebox';

/** `glance:` in kumo.yaml. */
export const GlanceConfig = T.Object(
  {
    ...policySettings,
    imageDir: T.Optional(
      T.String({ minLength: 1, description: 'Where image data lies. Default: glance/images/ in the state directory.' }),
    ),
    imageSizeCapBytes: T.Integer({ default: 2 ** 40, minimum: 1, description: 'The largest image, in bytes.' }),
    userStorageQuotaBytes: T.Integer({
      default: 2 ** 40,
      minimum: -1,
      description: "What the data of all of a project's images may take, in bytes; -1: no bound.",
    }),
    storeReservePercent: T.Number({
      default: 5,
      minimum: 0,
      maximum: 100,
      description: "Uploads are refused before less than this part of the image store's file system is free.",
    }),
    storeReserveBytes: T.Integer({
      default: 2 ** 30,
      minimum: 0,
      description: 'The same in bytes, where that is more; of a small file system at most a tenth.',
    }),
    requireImageFormatMatch: T.Boolean({
      default: true,
      description: 'Refuse data whose content is not what disk_format says.',
    }),
    maxVirtualSizeBytes: T.Integer({
      default: 64 * 2 ** 40,
      minimum: 1,
      description: 'The largest disk that an image may describe, in bytes.',
    }),
    diskFormats: T.Array(T.String({ minLength: 1, maxLength: 20 }), {
      default: ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'gpt', 'luks'],
      description: 'What disk_format may be.',
    }),
    containerFormats: T.Array(T.String({ minLength: 1, maxLength: 20 }), {
      default: ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'],
      description: 'What container_format may be.',
    }),
    imagePropertyQuota: T.Integer({ default: 128, minimum: -1, description: 'Properties of one image; -1: no bound.' }),
    imageTagQuota: T.Integer({ default: 128, minimum: -1, description: 'Tags of one image; -1: no bound.' }),
    imageMemberQuota: T.Integer({ default: 128, minimum: -1, description: 'Members of one image; -1: no bound.' }),
    pageSize: T.Integer({
      default: 25,
      minimum: 1,
      maximum: 1000,
      description: 'Images per page when no limit is asked for.',
    }),
    maxPageSize: T.Integer({ default: 1000, minimum: 1, maximum: 10_000, description: 'The most images in one page.' }),
    uploadIdleSeconds: T.Integer({
      default: 900,
      minimum: 1,
      description: 'An upload of which nothing arrives for so long is ended.',
    }),
    uploadLostAfterSeconds: T.Integer({
      default: 60,
      minimum: 10,
      description: 'An upload without a sign of life for so long is given up; its image is queued again.',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type GlanceConfig = Static<typeof GlanceConfig>;
