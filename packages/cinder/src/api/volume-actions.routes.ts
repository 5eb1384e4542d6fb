import { forbidden } from '@kumo/core/errors';
import { type HandlerInput, implement, type Operation, type Route } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { VolumeTypes } from '../app/volume-types.ts';
import type { VolumeUpload } from '../app/volume-upload.ts';
import type { Volumes } from '../app/volumes.ts';
import { invalidInput, metadataNotFound } from '../errors.ts';
import { extendAttached, uploadPublic } from './policies.ts';
import {
  beginDetachingVolume,
  extendVolume,
  forceDeleteVolume,
  reserveVolume,
  resetVolumeStatus,
  rollDetachingVolume,
  setVolumeBootable,
  setVolumeImageMetadata,
  setVolumeReadonly,
  showVolumeImageMetadata,
  unreserveVolume,
  unsetVolumeImageMetadata,
  uploadVolumeImage,
} from './volume-actions.ts';
import { ownVolume, volumeTarget } from './volumes.routes.ts';
import { atLeast } from './wire/versions.ts';

const STATUSES = [
  'creating',
  'available',
  'deleting',
  'error',
  'error_deleting',
  'attaching',
  'detaching',
  'in-use',
  'reserved',
  'maintenance',
  'uploading',
  'extending',
  'error_extending',
];

export function volumeActionRoutes(parts: { volumes: Volumes; upload: VolumeUpload; types: VolumeTypes }): Route[] {
  const { volumes } = parts;
  return [
    implement(extendVolume, async ({ ctx, params, body, authorize, allows }) => {
      const volume = await ownVolume(volumes, params.volume_id, authorize);
      const newSizeGb = Number(body['os-extend'].new_size);
      if (newSizeGb < 1) throw invalidInput({ reason: 'new_size must be greater than 0' });
      const mayBeAttached = atLeast(ctx.version, '3.42') && allows(extendAttached.name, volumeTarget(volume));
      await volumes.extend(ctx, volume.id, newSizeGb, mayBeAttached);
    }),
    implement(resetVolumeStatus, async ({ params, body, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      const { status, attach_status } = body['os-reset_status'];
      if (!status && !attach_status)
        throw invalidInput({ reason: "Must specify 'status', 'attach_status' or 'migration_status' for update" });
      if (status && !STATUSES.includes(status.toLowerCase()))
        throw invalidInput({ reason: `status must be one of ${STATUSES.join(', ')}` });
      await volumes.resetStatus(id, { status: status?.toLowerCase(), attachStatus: attach_status ?? undefined });
    }),
    implement(forceDeleteVolume, async ({ ctx, params, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      await volumes.remove(ctx, id, { cascade: false, force: true });
    }),
    ...flagRoutes(volumes),
    ...imageMetadataRoutes(volumes),
    ...reservationRoutes(volumes),
    uploadRoute(parts),
  ];
}

function flagRoutes(volumes: Volumes): Route[] {
  return [
    implement(setVolumeBootable, async ({ params, body, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      await volumes.setFlags(id, { bootable: parseBoolean(body['os-set_bootable'].bootable) });
    }),
    implement(setVolumeReadonly, async ({ params, body, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      await volumes.setFlags(id, { readonly: parseBoolean(body['os-update_readonly_flag'].readonly) });
    }),
  ];
}

function imageMetadataRoutes(volumes: Volumes): Route[] {
  return [
    implement(setVolumeImageMetadata, async ({ params, body, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      const { metadata } = body['os-set_image_metadata'];
      return { metadata: await volumes.changeImageMetadata(id, (present) => ({ ...present, ...metadata })) };
    }),
    implement(unsetVolumeImageMetadata, async ({ params, body, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      const { key } = body['os-unset_image_metadata'];
      await volumes.changeImageMetadata(id, (present) => {
        if (!Object.hasOwn(present, key)) throw metadataNotFound({ owner: 'Volume', id, key });
        const { [key]: _, ...rest } = present;
        return rest;
      });
    }),
    implement(showVolumeImageMetadata, async ({ params, authorize }) => {
      const { imageMetadata } = await ownVolume(volumes, params.volume_id, authorize);
      return { metadata: imageMetadata ?? {} };
    }),
  ];
}

/** How volumes were reserved before there were attachments; Nova still marks what it is about to detach. */
function reservationRoutes(volumes: Volumes): Route[] {
  const moves = [
    [reserveVolume, { from: ['available'], to: 'attaching', done: 'reserve' }],
    [unreserveVolume, { from: ['attaching'], to: 'available', done: 'unreserve' }],
    [beginDetachingVolume, { from: ['in-use'], to: 'detaching', done: 'detach' }],
    [rollDetachingVolume, { from: ['detaching'], to: 'in-use', done: 'roll back the detaching of' }],
  ] as const;
  return moves.map(([operation, move]) => ({
    operation: operation as Operation,
    handler: async ({ params, authorize }: HandlerInput) => {
      const { id } = await ownVolume(volumes, (params as { volume_id: string }).volume_id, authorize);
      await volumes.moveStatus(id, move);
    },
  }));
}

function uploadRoute({
  volumes,
  upload,
  types,
}: {
  volumes: Volumes;
  upload: VolumeUpload;
  types: VolumeTypes;
}): Route {
  return implement(uploadVolumeImage, async ({ ctx, params, body, authorize, allows }) => {
    const volume = await ownVolume(volumes, params.volume_id, authorize);
    const wanted = body['os-volume_upload_image'];
    const visibility = wanted.visibility ?? 'private';
    if (visibility === 'public' && !allows(uploadPublic.name, volumeTarget(volume)))
      throw forbidden({ rule: uploadPublic.name });
    const diskFormat = wanted.disk_format ?? 'raw';
    const isProtected = parseBoolean(wanted.protected ?? undefined);
    const imageId = await upload.begin(ctx, volume.id, {
      name: wanted.image_name,
      diskFormat,
      containerFormat: 'bare',
      visibility,
      protected: isProtected,
      force: parseBoolean(wanted.force ?? undefined),
    });
    const type = (await types.all()).find(({ id }) => id === volume.typeId);
    return {
      'os-volume_upload_image': {
        id: volume.id,
        updated_at: volume.updatedAt,
        display_description: volume.description,
        status: 'uploading',
        size: volume.sizeGb,
        volume_type: type ? { id: type.id, name: type.name } : null,
        image_id: imageId,
        image_name: wanted.image_name,
        container_format: 'bare',
        disk_format: diskFormat,
        visibility,
        protected: isProtected,
      },
    };
  });
}
