import { forUpdate, nowIso } from '@kumo/core/db';
import type { AttachmentRow, CinderDb, Queries } from './schema.ts';

export type AttachmentStatus = 'reserved' | 'attaching' | 'attached' | 'detaching';
/** What Nova said of the host, as it said it. */
export type ConnectorRecord = Record<string, unknown>;

export interface Attachment {
  id: string;
  volumeId: string;
  projectId: string;
  instanceId: string | null;
  status: AttachmentStatus;
  mode: string | null;
  host: string | null;
  mountpoint: string | null;
  connector: ConnectorRecord | null;
  connectionInfo: Record<string, unknown> | null;
  attachedAt: string | null;
  createdAt: string;
}

export interface AttachmentChange {
  status?: AttachmentStatus;
  mode?: string | null;
  host?: string | null;
  mountpoint?: string | null;
  connector?: ConnectorRecord;
  connectionInfo?: Record<string, unknown>;
  attachedAt?: string;
}

export function toAttachment(row: AttachmentRow): Attachment {
  return {
    id: row.id,
    volumeId: row.volume_id,
    projectId: row.project_id,
    instanceId: row.instance_id,
    status: row.status as AttachmentStatus,
    mode: row.attach_mode,
    host: row.host,
    mountpoint: row.mountpoint,
    connector: row.connector === null ? null : JSON.parse(row.connector),
    connectionInfo: row.connection_info === null ? null : JSON.parse(row.connection_info),
    attachedAt: row.attached_at,
    createdAt: row.created_at,
  };
}

export async function insertAttachment(
  tx: Queries,
  attachment: Pick<Attachment, 'id' | 'volumeId' | 'projectId' | 'instanceId' | 'mode'>,
): Promise<void> {
  await tx
    .insertInto('attachments')
    .values({
      id: attachment.id,
      volume_id: attachment.volumeId,
      project_id: attachment.projectId,
      instance_id: attachment.instanceId,
      status: 'reserved',
      attach_mode: attachment.mode,
      host: null,
      mountpoint: null,
      connector: null,
      connection_info: null,
      attached_at: null,
      created_at: nowIso(),
    })
    .execute();
}

export async function findAttachment(q: Queries, id: string): Promise<Attachment | undefined> {
  const row = await q.selectFrom('attachments').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toAttachment(row);
}

/** Locked until the transaction ends; lock the volume first. */
export async function lockAttachment(tx: Queries, db: CinderDb, id: string): Promise<Attachment | undefined> {
  const row = await forUpdate(tx.selectFrom('attachments').selectAll().where('id', '=', id), db).executeTakeFirst();
  return row && toAttachment(row);
}

/** By volume, oldest first. */
export async function attachmentsOf(q: Queries, volumeIds: readonly string[]): Promise<Attachment[]> {
  if (volumeIds.length === 0) return [];
  const rows = await q
    .selectFrom('attachments')
    .selectAll()
    .where('volume_id', 'in', volumeIds)
    .orderBy('created_at')
    .execute();
  return rows.map(toAttachment);
}

export async function changeAttachment(tx: Queries, id: string, change: AttachmentChange): Promise<void> {
  await tx
    .updateTable('attachments')
    .set({
      status: change.status,
      attach_mode: change.mode,
      host: change.host,
      mountpoint: change.mountpoint,
      connector: change.connector && JSON.stringify(change.connector),
      connection_info: change.connectionInfo && JSON.stringify(change.connectionInfo),
      attached_at: change.attachedAt,
    })
    .where('id', '=', id)
    .execute();
}

export async function removeAttachment(tx: Queries, id: string): Promise<void> {
  await tx.deleteFrom('attachments').where('id', '=', id).execute();
}
