import type { Static } from 'typebox';
import type { Attachment } from '../../app/attachments.ts';
import type { AttachmentBody } from '../attachments.ts';

/** Places on the storage host. Who connects a volume to a machine of his own is told where it listens; a server's is Nova's. */
function connectionOf({ connectionInfo, instanceId }: Attachment, showsHost: boolean) {
  if (connectionInfo === null || showsHost) return connectionInfo ?? {};
  const { socket_path, host, port, ...others } = connectionInfo;
  return instanceId === null && host !== undefined ? { ...others, host, port } : others;
}

export function attachmentBody(attachment: Attachment, showsHost: boolean): Static<typeof AttachmentBody> {
  return {
    ...attachmentSummary(attachment),
    attach_mode: attachment.mode,
    attached_at: attachment.attachedAt,
    detached_at: null,
    connection_info: connectionOf(attachment, showsHost),
  };
}

export function attachmentSummary({ id, volumeId, instanceId, status }: Attachment) {
  return { id, volume_id: volumeId, instance: instanceId, status };
}
