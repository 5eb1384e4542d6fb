import { Nullable, StringEnum, Uuid } from '@kumo/core/schema';
import { type Static, Type as T } from 'typebox';

export const Visibility = StringEnum('private', 'shared', 'community', 'public');
export const ImageStatus = StringEnum('queued', 'saving', 'active', 'deactivated');
export const Tag = T.String({ minLength: 1, maxLength: 255 });

/** What a user may set. Everything else in the body is a property of the user's own, a string. */
export const settableFields = {
  name: T.Optional(Nullable(T.String({ maxLength: 255 }))),
  visibility: T.Optional(Visibility),
  protected: T.Optional(T.Boolean()),
  os_hidden: T.Optional(T.Boolean()),
  owner: T.Optional(Nullable(T.String({ maxLength: 255 }))),
  container_format: T.Optional(Nullable(T.String({ maxLength: 20 }))),
  disk_format: T.Optional(Nullable(T.String({ maxLength: 20 }))),
  min_disk: T.Optional(T.Integer({ minimum: 0, maximum: 0x7fffffff })),
  min_ram: T.Optional(T.Integer({ minimum: 0, maximum: 0x7fffffff })),
  tags: T.Optional(T.Array(Tag, { uniqueItems: true, maxItems: 1024 })),
} as const;

export const ImageCreateFields = T.Object({ id: T.Optional(Uuid), ...settableFields });

export const ImageFields = T.Object({
  id: T.String(),
  name: Nullable(T.String()),
  status: ImageStatus,
  visibility: Visibility,
  protected: T.Boolean(),
  os_hidden: T.Boolean(),
  owner: Nullable(T.String()),
  container_format: Nullable(T.String()),
  disk_format: Nullable(T.String()),
  size: Nullable(T.Integer()),
  virtual_size: Nullable(T.Integer()),
  checksum: Nullable(T.String()),
  os_hash_algo: Nullable(T.String()),
  os_hash_value: Nullable(T.String()),
  min_disk: T.Integer(),
  min_ram: T.Integer(),
  tags: T.Array(T.String()),
  created_at: T.String(),
  updated_at: T.String(),
  self: T.String(),
  file: T.String(),
  schema: T.String(),
});

/** An image on the wire: its properties (`hw_disk_bus`, `os_distro`, …) stand beside its fields. */
export type ImageBody = Static<typeof ImageFields> & Record<string, unknown>;
export const ImageBody = T.Unsafe<ImageBody>(ImageFields);

/** A new image: fields and, beside them, properties. */
export type ImageCreateBody = Static<typeof ImageCreateFields> & Record<string, unknown>;
export const ImageCreateBody = T.Unsafe<ImageCreateBody>(ImageCreateFields);
