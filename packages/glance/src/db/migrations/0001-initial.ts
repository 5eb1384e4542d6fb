import { addIndex, migration } from '@kumo/core/db';

export const initial = migration('0001-initial', async (schema, c) => {
  await schema
    .createTable('images')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('name', c.string(255))
    .addColumn('status', c.string(20), (col) => col.notNull())
    .addColumn('visibility', c.string(20), (col) => col.notNull())
    .addColumn('protected', c.bool(), (col) => col.notNull())
    .addColumn('os_hidden', c.bool(), (col) => col.notNull())
    .addColumn('owner', c.string(255))
    .addColumn('container_format', c.string(20))
    .addColumn('disk_format', c.string(20))
    .addColumn('size', c.bigint())
    .addColumn('virtual_size', c.bigint())
    .addColumn('checksum', c.string(32))
    .addColumn('os_hash_algo', c.string(64))
    .addColumn('os_hash_value', c.string(128))
    .addColumn('min_disk', c.bigint(), (col) => col.notNull())
    .addColumn('min_ram', c.bigint(), (col) => col.notNull())
    .addColumn('location', c.text())
    .addColumn('upload_id', c.uuid())
    .addColumn('upload_seen_at', c.time())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .execute();
  for (const columns of [
    ['created_at', 'id'],
    ['updated_at'],
    ['owner', 'created_at'],
    ['visibility', 'created_at'],
    ['status', 'created_at'],
    ['name'],
    ['size'],
    ['virtual_size'],
    ['checksum'],
    ['os_hash_value'],
    ['disk_format'],
    ['container_format'],
    ['min_disk'],
    ['min_ram'],
    ['upload_id'],
  ])
    await addIndex(schema, 'images', columns);

  await schema
    .createTable('image_properties')
    .addColumn('image_id', c.uuid(), (col) => col.notNull().references('images.id'))
    .addColumn('name', c.string(255), (col) => col.notNull())
    .addColumn('value', c.text(), (col) => col.notNull())
    .addPrimaryKeyConstraint('pk_image_properties', ['image_id', 'name'])
    .execute();
  await addIndex(schema, 'image_properties', ['name']);

  await schema
    .createTable('image_tags')
    .addColumn('image_id', c.uuid(), (col) => col.notNull().references('images.id'))
    .addColumn('tag', c.string(255), (col) => col.notNull())
    .addPrimaryKeyConstraint('pk_image_tags', ['image_id', 'tag'])
    .execute();
  await addIndex(schema, 'image_tags', ['tag']);

  await schema
    .createTable('image_members')
    .addColumn('image_id', c.uuid(), (col) => col.notNull().references('images.id'))
    .addColumn('member', c.string(255), (col) => col.notNull())
    .addColumn('status', c.string(20), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .addPrimaryKeyConstraint('pk_image_members', ['image_id', 'member'])
    .execute();
  await addIndex(schema, 'image_members', ['member', 'status']);
});
