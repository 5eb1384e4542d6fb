import { type Db, forUpdate, insertIgnore, nowIso } from '@kumo/core/db';
import type { Insertable, Kysely, Selectable, Transaction } from 'kysely';
import type { GlanceTables } from './schema.ts';

export type ImageStatus = 'queued' | 'saving' | 'active' | 'deactivated';
export type Visibility = 'private' | 'shared' | 'community' | 'public';
export type Tx = Transaction<GlanceTables>;
export type Queries = Kysely<GlanceTables> | Tx;
type ImageRow = Selectable<GlanceTables['images']>;

export interface Image {
  id: string;
  name: string | null;
  status: ImageStatus;
  visibility: Visibility;
  isProtected: boolean;
  isHidden: boolean;
  owner: string | null;
  containerFormat: string | null;
  diskFormat: string | null;
  sizeBytes: number | null;
  virtualSizeBytes: number | null;
  checksum: string | null;
  osHashAlgo: string | null;
  osHashValue: string | null;
  minDiskGb: number;
  minRamMb: number;
  location: string | null;
  uploadId: string | null;
  createdAt: string;
  updatedAt: string;
  properties: Record<string, string>;
  tags: string[];
}

/** What an upload found out about the data. */
export type ImageData = Pick<
  Image,
  'location' | 'sizeBytes' | 'virtualSizeBytes' | 'checksum' | 'osHashAlgo' | 'osHashValue'
>;

export async function findImage(q: Queries, id: string): Promise<Image | undefined> {
  const row = await q.selectFrom('images').selectAll().where('id', '=', id).executeTakeFirst();
  return row && (await withParts(q, [row]))[0];
}

/** The image, its row locked until the transaction ends. */
export async function lockImage(tx: Tx, db: Db<GlanceTables>, id: string): Promise<Image | undefined> {
  const query = tx.selectFrom('images').selectAll().where('id', '=', id);
  const row = await forUpdate(query, db).executeTakeFirst();
  return row && (await withParts(tx, [row]))[0];
}

/** Inserts an image with its properties and tags; false when there is one of that id, or ever was. */
export async function insertImage(tx: Tx, image: Image): Promise<boolean> {
  if ((await insertIgnore(tx, 'image_ids', [{ id: image.id }])) === 0) return false;
  await tx.insertInto('images').values(toRow(image)).execute();
  await insertParts(tx, image);
  return true;
}

/** Replaces everything a user can change: fields, properties, tags. */
export async function replaceImage(tx: Tx, image: Image): Promise<void> {
  const { id, location, upload_id, upload_seen_at, created_at, status, ...columns } = toRow(image);
  await tx.updateTable('images').set(columns).where('id', '=', id).execute();
  await tx.deleteFrom('image_properties').where('image_id', '=', id).execute();
  await tx.deleteFrom('image_tags').where('image_id', '=', id).execute();
  await insertParts(tx, image);
}

/** Removes an image with everything of it but its id, which no other image gets. */
export async function removeImage(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('image_properties').where('image_id', '=', id).execute();
  await tx.deleteFrom('image_tags').where('image_id', '=', id).execute();
  await tx.deleteFrom('image_members').where('image_id', '=', id).execute();
  await tx.deleteFrom('images').where('id', '=', id).execute();
}

/** Sets the status where it is still one of `from`; false where it is not. */
export async function changeStatus(
  q: Queries,
  id: string,
  from: readonly ImageStatus[],
  to: ImageStatus,
): Promise<boolean> {
  const result = await q
    .updateTable('images')
    .set({ status: to, updated_at: nowIso() })
    .where('id', '=', id)
    .where('status', 'in', [...from])
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Adds a tag; does nothing when the image has it. */
export async function addTag(tx: Tx, id: string, tag: string): Promise<void> {
  if ((await insertIgnore(tx, 'image_tags', [{ image_id: id, tag }])) > 0) await touch(tx, id);
}

/** Removes a tag; false when the image does not have it. */
export async function removeTag(tx: Tx, id: string, tag: string): Promise<boolean> {
  const query = tx.deleteFrom('image_tags').where('image_id', '=', id).where('tag', '=', tag);
  const { numDeletedRows } = await query.executeTakeFirst();
  if (numDeletedRows > 0n) await touch(tx, id);
  return numDeletedRows > 0n;
}

/** The rows as images, with their properties and tags. */
export async function withParts(q: Queries, rows: readonly ImageRow[]): Promise<Image[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const properties = await q.selectFrom('image_properties').selectAll().where('image_id', 'in', ids).execute();
  const tags = await q.selectFrom('image_tags').selectAll().where('image_id', 'in', ids).orderBy('tag').execute();
  const propertiesOf = Map.groupBy(properties, ({ image_id }) => image_id);
  const tagsOf = Map.groupBy(tags, ({ image_id }) => image_id);
  return rows.map((row) => ({
    ...fromRow(row),
    properties: Object.fromEntries((propertiesOf.get(row.id) ?? []).map(({ name, value }) => [name, value])),
    tags: (tagsOf.get(row.id) ?? []).map(({ tag }) => tag),
  }));
}

async function insertParts(tx: Tx, { id, properties, tags }: Image): Promise<void> {
  const values = Object.entries(properties).map(([name, value]) => ({ image_id: id, name, value }));
  if (values.length > 0) await tx.insertInto('image_properties').values(values).execute();
  const tagRows = tags.map((tag) => ({ image_id: id, tag }));
  if (tagRows.length > 0) await tx.insertInto('image_tags').values(tagRows).execute();
}

async function touch(tx: Tx, id: string): Promise<void> {
  await tx.updateTable('images').set({ updated_at: nowIso() }).where('id', '=', id).execute();
}

function fromRow(row: ImageRow): Omit<Image, 'properties' | 'tags'> {
  return {
    id: row.id,
    name: row.name,
    status: row.status as ImageStatus,
    visibility: row.visibility as Visibility,
    isProtected: row.protected === 1,
    isHidden: row.os_hidden === 1,
    owner: row.owner,
    containerFormat: row.container_format,
    diskFormat: row.disk_format,
    sizeBytes: row.size,
    virtualSizeBytes: row.virtual_size,
    checksum: row.checksum,
    osHashAlgo: row.os_hash_algo,
    osHashValue: row.os_hash_value,
    minDiskGb: row.min_disk,
    minRamMb: row.min_ram,
    location: row.location,
    uploadId: row.upload_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toRow(image: Image): Insertable<GlanceTables['images']> {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    protected: Number(image.isProtected),
    os_hidden: Number(image.isHidden),
    owner: image.owner,
    container_format: image.containerFormat,
    disk_format: image.diskFormat,
    size: image.sizeBytes,
    virtual_size: image.virtualSizeBytes,
    checksum: image.checksum,
    os_hash_algo: image.osHashAlgo,
    os_hash_value: image.osHashValue,
    min_disk: image.minDiskGb,
    min_ram: image.minRamMb,
    location: image.location,
    upload_id: image.uploadId,
    upload_seen_at: null,
    created_at: image.createdAt,
    updated_at: image.updatedAt,
  };
}
