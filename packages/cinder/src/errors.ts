import {
  defineError,
  type ErrorDefinition,
  type ErrorParams,
  type KumoError,
  type KumoErrorOptions,
} from '@kumo/core/errors';

export const volumeNotFound = defineError('notFound', 'VolumeNotFound', 'Volume {id} could not be found.');
export const snapshotNotFound = defineError('notFound', 'SnapshotNotFound', 'Snapshot {id} could not be found.');
export const attachmentNotFound = defineError(
  'notFound',
  'VolumeAttachmentNotFound',
  'Volume attachment could not be found with filter: attachment_id = {id}.',
);
export const volumeTypeNotFound = defineError('notFound', 'VolumeTypeNotFound', 'Volume type {id} could not be found.');
export const volumeTypeExists = defineError('conflict', 'VolumeTypeExists', 'Volume Type {name} already exists.');
export const volumeTypeInUse = defineError(
  'badRequest',
  'VolumeTypeInUse',
  'Volume Type {id} deletion is not allowed with volumes present with the type.',
);
export const defaultTypeDeletion = defineError(
  'badRequest',
  'VolumeTypeDefaultDeletionError',
  'The volume type {id} is a default volume type and cannot be deleted.',
);
export const typeAccessExists = defineError(
  'conflict',
  'VolumeTypeAccessExists',
  'Volume type access for {id} / {projectId} combination already exists.',
);
export const typeAccessNotFound = defineError(
  'notFound',
  'VolumeTypeAccessNotFound',
  'Volume type access not found for {id} / {projectId} combination.',
);
export const extraSpecNotFound = defineError(
  'notFound',
  'VolumeTypeExtraSpecsNotFound',
  'Volume Type {id} has no extra specs with key {key}.',
);
export const metadataNotFound = defineError(
  'notFound',
  'VolumeMetadataNotFound',
  '{owner} {id} has no metadata with key {key}.',
);
export const serviceNotFound = defineError(
  'notFound',
  'ServiceNotFound',
  'Service {binary} could not be found on host {host}.',
);
export const messageNotFound = defineError('notFound', 'MessageNotFound', 'Message {id} could not be found.');
export const backupNotFound = defineError('notFound', 'BackupNotFound', 'Backup {id} could not be found.');
export const groupNotFound = defineError('notFound', 'GroupNotFound', 'Group {id} could not be found.');

export const invalidVolume = defineError('badRequest', 'InvalidVolume', 'Invalid volume: {reason}');
export const invalidSnapshot = defineError('badRequest', 'InvalidSnapshot', 'Invalid snapshot: {reason}');
export const invalidInput = defineError('badRequest', 'InvalidInput', 'Invalid input received: {reason}');
export const imageUnusable = defineError('badRequest', 'ImageUnacceptable', 'Image {id} is unacceptable: {reason}');
export const imageUnknown = defineError(
  'badRequest',
  'InvalidImageRef',
  'Invalid image identifier or unable to access requested image.',
);
export const malformedUrl = defineError('badRequest', 'MalformedRequestUrl', 'Malformed request url');
export const attachmentInUse = defineError(
  'conflict',
  'ConflictNovaUsingAttachment',
  'Detach volume from instance {instanceId} using the Compute API',
);
export const attachmentOfOtherHost = defineError(
  'badRequest',
  'InvalidAttachment',
  'Attachment {id} is already connected to host {host}; make another one for another host.',
);
/** To be thrown as retryable. */
export const backendSilent = defineError(
  'unavailable',
  'BackendSilent',
  'The back end {host} does not answer at the moment. The request can be repeated: it does nothing twice.',
);
export const backendLost = defineError('conflict', 'InvalidHost', 'Volume {id} is kept by {host}, not by {asked}.');

/** Quota errors tell clients when to try again, as Cinder's do. */
function overQuota(code: string, template: string): ErrorDefinition {
  const base = defineError('overQuota', code, template);
  const make = (params?: ErrorParams, options: KumoErrorOptions = {}): KumoError =>
    base(params, { headers: { 'Retry-After': '0' }, ...options });
  return Object.assign(make, { kind: base.kind, code: base.code, is: base.is });
}

export const volumeLimitExceeded = overQuota(
  'VolumeLimitExceeded',
  "Maximum number of volumes allowed ({limit}) exceeded for quota '{name}'.",
);
export const snapshotLimitExceeded = overQuota(
  'SnapshotLimitExceeded',
  "Maximum number of snapshots allowed ({limit}) exceeded for quota '{name}'.",
);
export const sizeExceedsQuota = overQuota(
  'VolumeSizeExceedsAvailableQuota',
  'Requested volume or snapshot exceeds allowed {name} quota. Requested {requested}G, quota is {limit}G and {used}G has been consumed.',
);
export const volumeTooLarge = overQuota(
  'VolumeSizeExceedsLimit',
  'Requested volume size {size}G is larger than maximum allowed limit {limit}G.',
);

/** Why a volume that was accepted could not be made. */
export const noBackend = defineError('unavailable', 'NoValidBackend', 'No valid backend was found. {reason}');
export const noDefaultType = defineError(
  'internal',
  'VolumeTypeDefaultMisconfigured',
  'The default volume type {name} does not exist.',
);
