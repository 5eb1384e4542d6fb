import { randomUUID } from 'node:crypto';
import { nowIso } from '@kumo/core/db';
import { wireTime } from '@kumo/core/http';
import type { Image } from '../db/images.ts';
import { attributeReadOnly, attributeReserved, invalidField, locationsInvisible } from '../errors.ts';
import type { ImageBody, ImageCreateBody } from './image-body.ts';
import { settableFields } from './image-body.ts';

const readOnly = new Set([
  ...['created_at', 'updated_at', 'status', 'checksum', 'os_hash_algo', 'os_hash_value', 'size', 'virtual_size'],
  ...['direct_url', 'self', 'file', 'schema', 'id'],
]);
const reserved = new Set(['location', 'deleted', 'deleted_at']);

export function toWire(image: Image): ImageBody {
  return {
    ...image.properties,
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    protected: image.isProtected,
    os_hidden: image.isHidden,
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
    tags: image.tags,
    created_at: wireTime(image.createdAt),
    updated_at: wireTime(image.updatedAt),
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: '/v2/schemas/image',
  };
}

/** A new image as it was asked for, queued, with all that was left out. */
export function newImage(body: ImageCreateBody, owner: string | null): Image {
  const { id = randomUUID(), ...fields } = body;
  const now = nowIso();
  const empty: Image = {
    id,
    name: null,
    status: 'queued',
    visibility: 'shared',
    isProtected: false,
    isHidden: false,
    owner,
    containerFormat: null,
    diskFormat: null,
    sizeBytes: null,
    virtualSizeBytes: null,
    checksum: null,
    osHashAlgo: null,
    osHashValue: null,
    minDiskGb: 0,
    minRamMb: 0,
    location: null,
    uploadId: null,
    createdAt: now,
    updatedAt: now,
    properties: {},
    tags: [],
  };
  return Object.entries(fields).reduce((image, [name, value]) => withAttribute(image, name, value), empty);
}

export function isField(name: string): boolean {
  return Object.hasOwn(settableFields, name);
}

/** Throws when the user may never set an attribute of that name. */
export function assertSettable(name: string): void {
  if (name === 'locations') throw locationsInvisible();
  if (readOnly.has(name)) throw attributeReadOnly({ name });
  if (reserved.has(name) || name.startsWith('os_glance_')) throw attributeReserved({ name });
}

/**
 * The image with one field or property set. The value of a field must have been checked with its schema; that of a
 * property is checked here.
 */
export function withAttribute(image: Image, name: string, value: unknown): Image {
  assertSettable(name);
  if (isField(name)) return { ...image, ...fieldOf(name as keyof typeof settableFields, value) };
  if (typeof value !== 'string' || value.length > 65_535)
    throw invalidField({
      name: name.slice(0, 255),
      reason: 'A property must be a string of at most 65535 characters.',
    });
  if (name.length === 0 || name.length > 255)
    throw invalidField({ name: name.slice(0, 255), reason: "A property's name must have 1 to 255 characters." });
  return { ...image, properties: { ...image.properties, [name]: value } };
}

function fieldOf(name: keyof typeof settableFields, value: unknown): Partial<Image> {
  switch (name) {
    case 'name':
      return { name: value as string | null };
    case 'visibility':
      return { visibility: value as Image['visibility'] };
    case 'protected':
      return { isProtected: value as boolean };
    case 'os_hidden':
      return { isHidden: value as boolean };
    case 'owner':
      return { owner: value as string | null };
    case 'container_format':
      return { containerFormat: value as string | null };
    case 'disk_format':
      return { diskFormat: value as string | null };
    case 'min_disk':
      return { minDiskGb: value as number };
    case 'min_ram':
      return { minRamMb: value as number };
    case 'tags':
      return { tags: [...(value as string[])].sort() };
  }
}
