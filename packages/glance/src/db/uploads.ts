import { nowIso } from '@kumo/core/db';
import type { ImageData, Queries } from './images.ts';

/** Begins an upload: queued becomes saving; false when the image is not queued (any more). */
export async function claimUpload(q: Queries, imageId: string, uploadId: string): Promise<boolean> {
  const now = nowIso();
  const { numUpdatedRows } = await q
    .updateTable('images')
    .set({ status: 'saving', upload_id: uploadId, upload_seen_at: now, updated_at: now })
    .where('id', '=', imageId)
    .where('status', '=', 'queued')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** A sign of life; false when the upload was given up or its image deleted. */
export async function keepUpload(q: Queries, imageId: string, uploadId: string): Promise<boolean> {
  const query = q.updateTable('images').set({ upload_seen_at: nowIso() });
  const { numUpdatedRows } = await query.where('id', '=', imageId).where('upload_id', '=', uploadId).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The image has its data: saving becomes active; false when the upload was given up or its image deleted. */
export async function finishUpload(q: Queries, imageId: string, uploadId: string, data: ImageData): Promise<boolean> {
  const { numUpdatedRows } = await q
    .updateTable('images')
    .set({
      status: 'active',
      location: data.location,
      size: data.sizeBytes,
      virtual_size: data.virtualSizeBytes,
      checksum: data.checksum,
      os_hash_algo: data.osHashAlgo,
      os_hash_value: data.osHashValue,
      upload_id: null,
      upload_seen_at: null,
      updated_at: nowIso(),
    })
    .where('id', '=', imageId)
    .where('upload_id', '=', uploadId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The upload failed: saving becomes queued. Does nothing when it was given up already or its image deleted. */
export async function abandonUpload(q: Queries, imageId: string, uploadId: string): Promise<void> {
  await q
    .updateTable('images')
    .set({ status: 'queued', upload_id: null, upload_seen_at: null, updated_at: nowIso() })
    .where('id', '=', imageId)
    .where('upload_id', '=', uploadId)
    .execute();
}

/** Uploads whose last sign of life is older than `before`. */
export function lostUploads(q: Queries, before: string): Promise<{ imageId: string; uploadId: string }[]> {
  return q
    .selectFrom('images')
    .select(['id as imageId', 'upload_id as uploadId'])
    .where('upload_id', 'is not', null)
    .where('upload_seen_at', '<', before)
    .$narrowType<{ uploadId: string }>()
    .execute();
}

/** Every location and every upload under way: what in the store belongs to somebody. */
export async function ownedData(q: Queries): Promise<{ locations: Set<string>; uploadIds: Set<string> }> {
  const rows = await q.selectFrom('images').select(['location', 'upload_id']).execute();
  return {
    locations: new Set(rows.flatMap(({ location }) => location ?? [])),
    uploadIds: new Set(rows.flatMap(({ upload_id }) => upload_id ?? [])),
  };
}
