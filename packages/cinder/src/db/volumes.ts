import type { Context } from '@kumo/core/context';
import { forUpdate, nowIso } from '@kumo/core/db';
import { type Metadata, putMetadata } from './metadata.ts';
import type { CinderDb, Queries, VolumeRow } from './schema.ts';

export interface Volume {
  id: string;
  projectId: string;
  userId: string;
  name: string | null;
  description: string | null;
  sizeGb: number;
  status: string;
  previousStatus: string | null;
  typeId: string;
  availabilityZone: string;
  host: string | null;
  bootable: boolean;
  multiattach: boolean;
  readonly: boolean;
  sourceImageId: string | null;
  snapshotId: string | null;
  sourceVolumeId: string | null;
  imageMetadata: Metadata | null;
  createdAt: string;
  updatedAt: string | null;
}

export type NewVolumeRow = Omit<Volume, 'createdAt' | 'updatedAt' | 'previousStatus' | 'host'> & { metadata: Metadata };

export interface VolumeChange {
  name?: string | null;
  description?: string | null;
  sizeGb?: number;
  status?: string;
  previousStatus?: string | null;
  host?: string | null;
  bootable?: boolean;
  readonly?: boolean;
  imageMetadata?: Metadata | null;
}

export function toVolume(row: VolumeRow): Volume {
  return {
    id: row.id,
    projectId: row.project_id,
    userId: row.user_id,
    name: row.name,
    description: row.description,
    sizeGb: row.size_gb,
    status: row.status,
    previousStatus: row.previous_status,
    typeId: row.volume_type_id,
    availabilityZone: row.availability_zone,
    host: row.host,
    bootable: row.bootable === 1,
    multiattach: row.multiattach === 1,
    readonly: row.readonly === 1,
    sourceImageId: row.source_image_id,
    snapshotId: row.snapshot_id,
    sourceVolumeId: row.source_volid,
    imageMetadata: row.image_metadata === null ? null : JSON.parse(row.image_metadata),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** @param ctx who asked for it; kept without the token. */
export async function insertVolume(tx: Queries, volume: NewVolumeRow, ctx: Context): Promise<void> {
  await tx
    .insertInto('volumes')
    .values({
      id: volume.id,
      project_id: volume.projectId,
      user_id: volume.userId,
      name: volume.name,
      description: volume.description,
      size_gb: volume.sizeGb,
      status: volume.status,
      previous_status: null,
      volume_type_id: volume.typeId,
      availability_zone: volume.availabilityZone,
      host: null,
      bootable: volume.bootable ? 1 : 0,
      multiattach: volume.multiattach ? 1 : 0,
      readonly: volume.readonly ? 1 : 0,
      source_image_id: volume.sourceImageId,
      snapshot_id: volume.snapshotId,
      source_volid: volume.sourceVolumeId,
      image_metadata: volume.imageMetadata === null ? null : JSON.stringify(volume.imageMetadata),
      context: JSON.stringify({ ...ctx, token: undefined }),
      created_at: nowIso(),
      updated_at: null,
    })
    .execute();
  await putMetadata(tx, 'volume_metadata', volume.id, { entries: volume.metadata });
}

export async function findVolume(q: Queries, id: string): Promise<Volume | undefined> {
  const row = await q.selectFrom('volumes').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toVolume(row);
}

/** Who asked for the volume; undefined for one that an older Kumo made. */
export async function volumeContext(q: Queries, id: string): Promise<Context | undefined> {
  const row = await q.selectFrom('volumes').select('context').where('id', '=', id).executeTakeFirst();
  return row?.context ? (JSON.parse(row.context) as Context) : undefined;
}

/** The volume, locked until the transaction ends: who changes a status reads it this way first. */
export async function lockVolume(tx: Queries, db: CinderDb, id: string): Promise<Volume | undefined> {
  const row = await forUpdate(tx.selectFrom('volumes').selectAll().where('id', '=', id), db).executeTakeFirst();
  return row && toVolume(row);
}

export async function changeVolume(tx: Queries, id: string, change: VolumeChange): Promise<void> {
  const { name, description, sizeGb, status, previousStatus, host, bootable, readonly, imageMetadata } = change;
  await tx
    .updateTable('volumes')
    .set({
      name,
      description,
      size_gb: sizeGb,
      status,
      previous_status: previousStatus,
      host,
      bootable: bootable === undefined ? undefined : Number(bootable),
      readonly: readonly === undefined ? undefined : Number(readonly),
      image_metadata: imageMetadata === undefined ? undefined : imageMetadata && JSON.stringify(imageMetadata),
      updated_at: nowIso(),
    })
    .where('id', '=', id)
    .execute();
}

/** Metadata goes with it. */
export async function removeVolume(tx: Queries, id: string): Promise<void> {
  await tx.deleteFrom('attachments').where('volume_id', '=', id).execute();
  await tx.deleteFrom('volumes').where('id', '=', id).execute();
}

/** Volumes that no back end was chosen for. */
export async function unplacedVolumes(q: Queries): Promise<string[]> {
  const rows = await q
    .selectFrom('volumes')
    .select('id')
    .where('status', '=', 'creating')
    .where('host', 'is', null)
    .orderBy('created_at')
    .limit(1000)
    .execute();
  return rows.map(({ id }) => id);
}
