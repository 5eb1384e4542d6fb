import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import type { Policy } from '@kumo/core/policy';
import { LooseBoolean, Nullable } from '@kumo/core/schema';
import { Type as T, type TSchema } from 'typebox';
import { admin, member, volumeImageMetadata } from './policies.ts';
import { NullableString, SizeGb } from './shared-schemas.ts';
import { VolumeParams } from './volumes.ts';

const Bare = Nullable(T.Record(T.String(), T.Unknown()));

/** Field by field what all actions on a volume share. */
function onVolume<const A extends string, S extends TSchema>(name: string, action: A, policy: Policy, argument: S) {
  return {
    name,
    action,
    method: 'POST',
    path: '/v3/volumes/{volume_id}/action',
    policy,
    authorize: 'resource',
    params: VolumeParams,
    body: T.Object({ [action]: argument } as { [K in A]: S }, { additionalProperties: false }),
    status: 202,
    errors: [400, 401, 403, 404, 409],
  } as const;
}

export const extendVolume = operation({
  ...onVolume(
    'extendVolume',
    'os-extend',
    member('volume:extend'),
    T.Object({ new_size: SizeGb }, { additionalProperties: false }),
  ),
  errors: [400, 401, 403, 404, 413],
});

export const resetVolumeStatus = operation(
  onVolume(
    'resetVolumeStatus',
    'os-reset_status',
    admin('volume_extension:volume_admin_actions:reset_status'),
    T.Object(
      {
        status: T.Optional(Nullable(T.String({ maxLength: 255 }))),
        attach_status: T.Optional(Nullable(T.Enum(['attached', 'detached']))),
        migration_status: T.Optional(Nullable(T.String({ maxLength: 255 }))),
      },
      { additionalProperties: false },
    ),
  ),
);

export const forceDeleteVolume = operation(
  onVolume('forceDeleteVolume', 'os-force_delete', admin('volume_extension:volume_admin_actions:force_delete'), Bare),
);

export const setVolumeBootable = operation({
  ...onVolume(
    'setVolumeBootable',
    'os-set_bootable',
    member('volume:update'),
    T.Object({ bootable: LooseBoolean }, { additionalProperties: false }),
  ),
  status: 200,
});

export const setVolumeReadonly = operation(
  onVolume(
    'setVolumeReadonly',
    'os-update_readonly_flag',
    member('volume:update_readonly_flag'),
    T.Object({ readonly: LooseBoolean }, { additionalProperties: false }),
  ),
);

export const setVolumeImageMetadata = operation({
  ...onVolume(
    'setVolumeImageMetadata',
    'os-set_image_metadata',
    member('volume_extension:volume_image_metadata:set'),
    T.Object({
      metadata: T.Record(
        T.String({ pattern: '^.{1,255}$', form: 'of 1 to 255 characters' }),
        T.String({ maxLength: 255 }),
        {
          additionalProperties: false,
          maxProperties: 128,
        },
      ),
    }),
  ),
  status: 200,
  reply: T.Object({ metadata: T.Record(T.String(), T.String()) }),
});

export const unsetVolumeImageMetadata = operation({
  ...onVolume(
    'unsetVolumeImageMetadata',
    'os-unset_image_metadata',
    member('volume_extension:volume_image_metadata:remove'),
    T.Object({ key: T.String({ minLength: 1, maxLength: 255 }) }),
  ),
  status: 200,
});

export const showVolumeImageMetadata = operation({
  ...onVolume('showVolumeImageMetadata', 'os-show_image_metadata', volumeImageMetadata, Bare),
  status: 200,
  reply: T.Object({ metadata: T.Record(T.String(), T.String()) }),
});

export const reserveVolume = operation(
  onVolume('reserveVolume', 'os-reserve', member('volume_extension:volume_actions:reserve'), Bare),
);
export const unreserveVolume = operation(
  onVolume('unreserveVolume', 'os-unreserve', member('volume_extension:volume_actions:unreserve'), Bare),
);
export const beginDetachingVolume = operation(
  onVolume(
    'beginDetachingVolume',
    'os-begin_detaching',
    member('volume_extension:volume_actions:begin_detaching'),
    Bare,
  ),
);
export const rollDetachingVolume = operation(
  onVolume('rollDetachingVolume', 'os-roll_detaching', member('volume_extension:volume_actions:roll_detaching'), Bare),
);

export const uploadVolumeImage = operation({
  ...onVolume(
    'uploadVolumeImage',
    'os-volume_upload_image',
    member('volume_extension:volume_actions:upload_image'),
    T.Object(
      {
        image_name: T.String({ minLength: 1, maxLength: 255 }),
        force: T.Optional(Nullable(LooseBoolean)),
        container_format: T.Optional(Nullable(T.Enum(['bare']))),
        disk_format: T.Optional(Nullable(T.Enum(['raw', 'qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx']))),
        visibility: T.Optional(since('3.1', Nullable(T.Enum(['community', 'public', 'private', 'shared'])))),
        protected: T.Optional(since('3.1', Nullable(LooseBoolean))),
      },
      { additionalProperties: false },
    ),
  ),
  reply: T.Object({
    'os-volume_upload_image': T.Object({
      id: T.String(),
      updated_at: NullableString,
      display_description: NullableString,
      status: T.String(),
      size: T.Integer(),
      volume_type: T.Unknown(),
      image_id: T.String(),
      image_name: T.String(),
      container_format: T.String(),
      disk_format: T.String(),
      visibility: T.Optional(since('3.1', T.String())),
      protected: T.Optional(since('3.1', T.Boolean())),
    }),
  }),
  errors: [400, 401, 403, 404, 413],
});
