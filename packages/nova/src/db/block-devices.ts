import { nowIso } from '@kumo/core/db';
import { readJson } from './json-columns.ts';
import type { BlockDeviceRow } from './schema.ts';
import type { Queries } from './servers.ts';

export interface BlockDevice {
  id: string;
  serverId: string;
  sourceType: 'image' | 'volume' | 'snapshot' | 'blank';
  destinationType: 'local' | 'volume';
  deviceName: string | null;
  /** 0 is the root disk; null is not booted from. */
  bootIndex: number | null;
  deleteOnTermination: boolean;
  imageId: string | null;
  snapshotId: string | null;
  volumeId: string | null;
  volumeSizeGb: number | null;
  volumeType: string | null;
  guestFormat: string | null;
  diskBus: string | null;
  deviceType: string | null;
  tag: string | null;
  attachmentId: string | null;
  connectionInfo: Record<string, unknown> | null;
  createdAt: string;
}

const COLUMNS: Record<keyof BlockDevice, keyof BlockDeviceRow> = {
  id: 'id',
  serverId: 'server_id',
  sourceType: 'source_type',
  destinationType: 'destination_type',
  deviceName: 'device_name',
  bootIndex: 'boot_index',
  deleteOnTermination: 'delete_on_termination',
  imageId: 'image_id',
  snapshotId: 'snapshot_id',
  volumeId: 'volume_id',
  volumeSizeGb: 'volume_size_gb',
  volumeType: 'volume_type',
  guestFormat: 'guest_format',
  diskBus: 'disk_bus',
  deviceType: 'device_type',
  tag: 'tag',
  attachmentId: 'attachment_id',
  connectionInfo: 'connection_info',
  createdAt: 'created_at',
};

function columnsOf(changes: Partial<BlockDevice>): Partial<BlockDeviceRow> {
  const entries = (Object.entries(changes) as [keyof BlockDevice, unknown][])
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const stored = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
      return [COLUMNS[key], typeof stored === 'boolean' ? Number(stored) : stored];
    });
  return Object.fromEntries(entries) as Partial<BlockDeviceRow>;
}

function blockDeviceOf(row: BlockDeviceRow): BlockDevice {
  const fields = Object.entries(COLUMNS).map(([key, column]) => [key, row[column]]);
  return {
    ...(Object.fromEntries(fields) as unknown as BlockDevice),
    deleteOnTermination: row.delete_on_termination !== 0,
    connectionInfo: readJson<Record<string, unknown>>(row.connection_info) ?? null,
  };
}

/** Those that hold volumes or the image's disk, the root disk first, then in the order of their creation. */
export async function blockDevicesOf(q: Queries, serverIds: readonly string[]): Promise<BlockDevice[]> {
  if (serverIds.length === 0) return [];
  const rows = await q
    .selectFrom('block_device_mappings')
    .selectAll()
    .where('server_id', 'in', serverIds)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(blockDeviceOf).sort((a, b) => rank(a) - rank(b));
}

/** A volume as lists of servers show it. */
export interface AttachedVolume {
  volumeId: string;
  deleteOnTermination: boolean;
}

/** Volumes of several servers, by server: little is read, since every list of servers in detail asks for it. */
export async function attachedVolumesOf(
  q: Queries,
  serverIds: readonly string[],
): Promise<Map<string, AttachedVolume[]>> {
  const found = new Map<string, AttachedVolume[]>(serverIds.map((id) => [id, []]));
  if (serverIds.length === 0) return found;
  const rows = await q
    .selectFrom('block_device_mappings')
    .select(['server_id', 'volume_id', 'delete_on_termination'])
    .where('server_id', 'in', serverIds)
    .where('volume_id', 'is not', null)
    .orderBy('server_id')
    .orderBy('created_at')
    .execute();
  for (const row of rows)
    found.get(row.server_id)!.push({ volumeId: row.volume_id!, deleteOnTermination: row.delete_on_termination !== 0 });
  return found;
}

const rank = ({ bootIndex }: BlockDevice): number => (bootIndex === null || bootIndex < 0 ? 1_000 : bootIndex);

export async function insertBlockDevices(
  tx: Queries,
  devices: readonly Omit<BlockDevice, 'createdAt'>[],
): Promise<void> {
  if (devices.length === 0) return;
  const rows = devices.map((device) => columnsOf({ ...device, createdAt: nowIso() }) as BlockDeviceRow);
  await tx.insertInto('block_device_mappings').values(rows).execute();
}

/** False when the mapping is gone. */
export async function updateBlockDevice(
  tx: Queries,
  id: string,
  changes: Partial<Omit<BlockDevice, 'id' | 'serverId' | 'createdAt'>>,
): Promise<boolean> {
  const result = await tx
    .updateTable('block_device_mappings')
    .set(columnsOf(changes))
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function deleteBlockDevice(tx: Queries, id: string): Promise<void> {
  await tx.deleteFrom('block_device_mappings').where('id', '=', id).execute();
}
