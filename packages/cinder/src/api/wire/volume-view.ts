import type { RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { Attachment } from '../../app/attachments.ts';
import type { Metadata, Volume } from '../../app/volumes.ts';
import type { VolumeBody } from '../volumes.ts';
import { linksOf } from './links.ts';

/** Which of a volume's fields the caller may see. */
export interface VolumeView {
  showsHost: boolean;
  showsTenant: boolean;
  showsMigration: boolean;
  showsImageMetadata: boolean;
  /** Replies to a creation and to a change have none of the fields that OpenStack's extensions add to shows and lists. */
  hasExtensions: boolean;
}

export interface VolumeParts {
  typeName: string | null;
  metadata: Metadata;
  attachments: readonly Attachment[];
}

export function volumeBody(
  volume: Volume,
  { typeName, metadata, attachments }: VolumeParts,
  view: VolumeView,
  request: RequestFacts,
): Static<typeof VolumeBody> {
  return {
    id: volume.id,
    name: volume.name,
    description: volume.description,
    status: volume.status,
    size: volume.sizeGb,
    availability_zone: volume.availabilityZone,
    created_at: volume.createdAt,
    updated_at: volume.updatedAt,
    volume_type: typeName,
    snapshot_id: volume.snapshotId,
    source_volid: volume.sourceVolumeId,
    metadata: volume.readonly ? { ...metadata, readonly: 'True' } : metadata,
    links: linksOf(request, volume.projectId, `/volumes/${volume.id}`),
    user_id: volume.userId,
    bootable: String(volume.bootable),
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    multiattach: volume.multiattach,
    attachments: attachments
      .filter(({ status }) => status === 'attached')
      .map((one) => attachmentEntry(one, view.showsHost)),
    group_id: null,
    service_uuid: null,
    shared_targets: false,
    volume_type_id: volume.typeId,
    consumes_quota: true,
    ...(view.showsHost ? { provider_id: null, cluster_name: null } : {}),
    ...(view.showsMigration ? { migration_status: null } : {}),
    ...(view.hasExtensions ? extensionFields(volume, view) : {}),
  };
}

function extensionFields(volume: Volume, view: VolumeView) {
  return {
    ...(view.showsImageMetadata && volume.imageMetadata ? { volume_image_metadata: volume.imageMetadata } : {}),
    ...(view.showsHost ? { 'os-vol-host-attr:host': volume.host } : {}),
    ...(view.showsTenant ? { 'os-vol-tenant-attr:tenant_id': volume.projectId } : {}),
    ...(view.showsMigration ? { 'os-vol-mig-status-attr:migstat': null, 'os-vol-mig-status-attr:name_id': null } : {}),
  };
}

function attachmentEntry(attachment: Attachment, showsHost: boolean) {
  return {
    id: attachment.volumeId,
    attachment_id: attachment.id,
    volume_id: attachment.volumeId,
    server_id: attachment.instanceId,
    host_name: showsHost ? attachment.host : null,
    device: attachment.mountpoint,
    attached_at: attachment.attachedAt,
  };
}
