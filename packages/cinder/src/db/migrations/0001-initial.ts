import { randomUUID } from 'node:crypto';
import { addIndex, type Columns, insertIgnore, migration, nowIso } from '@kumo/core/db';
import type { SchemaModule } from 'kysely';

export const initial = migration('0001-initial', async (schema, c, q) => {
  await createTypes(schema, c);
  await createVolumes(schema, c);
  await createSnapshots(schema, c);
  await createAttachments(schema, c);
  await createServices(schema, c);
  const type = {
    id: randomUUID(),
    name: '__DEFAULT__',
    description: 'Default Volume Type',
    is_public: 1,
    extra_specs: '{}',
    created_at: nowIso(),
  };
  await insertIgnore(q, 'volume_types', [type]);
});

async function createTypes(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('volume_types')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('name', c.string(), (col) => col.notNull().unique())
    .addColumn('description', c.string())
    .addColumn('is_public', c.bool(), (col) => col.notNull())
    .addColumn('extra_specs', c.json(), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time())
    .execute();
  await addIndex(schema, 'volume_types', ['is_public']);
  await schema
    .createTable('volume_type_projects')
    .addColumn('volume_type_id', c.uuid(), (col) => col.notNull().references('volume_types.id').onDelete('cascade'))
    .addColumn('project_id', c.id(), (col) => col.notNull())
    .addPrimaryKeyConstraint('pk_volume_type_projects', ['volume_type_id', 'project_id'])
    .execute();
}

async function createVolumes(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('volumes')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('project_id', c.id(), (col) => col.notNull())
    .addColumn('user_id', c.id(), (col) => col.notNull())
    .addColumn('name', c.string())
    .addColumn('description', c.string())
    .addColumn('size_gb', c.int(), (col) => col.notNull())
    .addColumn('status', c.string(64), (col) => col.notNull())
    .addColumn('previous_status', c.string(64))
    .addColumn('volume_type_id', c.uuid(), (col) => col.notNull().references('volume_types.id'))
    .addColumn('availability_zone', c.string(), (col) => col.notNull())
    .addColumn('host', c.string())
    .addColumn('bootable', c.bool(), (col) => col.notNull())
    .addColumn('multiattach', c.bool(), (col) => col.notNull())
    .addColumn('readonly', c.bool(), (col) => col.notNull())
    .addColumn('source_image_id', c.uuid())
    .addColumn('snapshot_id', c.uuid())
    .addColumn('source_volid', c.uuid())
    .addColumn('image_metadata', c.json())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time())
    .execute();
  const filters = [
    'user_id',
    'name',
    'size_gb',
    'volume_type_id',
    'availability_zone',
    'host',
    'bootable',
    'multiattach',
    'snapshot_id',
    'source_volid',
    'created_at',
    'updated_at',
  ];
  await addIndex(schema, 'volumes', ['project_id', 'created_at']);
  await addIndex(schema, 'volumes', ['status', 'created_at']);
  for (const column of filters) await addIndex(schema, 'volumes', [column]);
  await createMetadata(schema, c, 'volume_metadata', 'volumes.id');
}

async function createMetadata(schema: SchemaModule, c: Columns, table: string, owner: string): Promise<void> {
  await schema
    .createTable(table)
    .addColumn('owner_id', c.uuid(), (col) => col.notNull().references(owner).onDelete('cascade'))
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('value', c.string(), (col) => col.notNull())
    .addPrimaryKeyConstraint(`pk_${table}`, ['owner_id', 'name'])
    .execute();
  await addIndex(schema, table, ['name', 'value']);
}

async function createSnapshots(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('snapshots')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('volume_id', c.uuid(), (col) => col.notNull().references('volumes.id'))
    .addColumn('project_id', c.id(), (col) => col.notNull())
    .addColumn('user_id', c.id(), (col) => col.notNull())
    .addColumn('name', c.string())
    .addColumn('description', c.string())
    .addColumn('size_gb', c.int(), (col) => col.notNull())
    .addColumn('status', c.string(64), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time())
    .execute();
  await addIndex(schema, 'snapshots', ['project_id', 'created_at']);
  for (const column of ['volume_id', 'user_id', 'name', 'status', 'created_at', 'updated_at'])
    await addIndex(schema, 'snapshots', [column]);
  await createMetadata(schema, c, 'snapshot_metadata', 'snapshots.id');
}

async function createAttachments(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('attachments')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('volume_id', c.uuid(), (col) => col.notNull().references('volumes.id'))
    .addColumn('project_id', c.id(), (col) => col.notNull())
    .addColumn('instance_id', c.uuid())
    .addColumn('status', c.string(64), (col) => col.notNull())
    .addColumn('attach_mode', c.string(16))
    .addColumn('host', c.string())
    .addColumn('mountpoint', c.string())
    .addColumn('connector', c.json())
    .addColumn('connection_info', c.json())
    .addColumn('attached_at', c.time())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'attachments', ['project_id', 'created_at']);
  for (const column of ['volume_id', 'instance_id', 'status', 'attach_mode'])
    await addIndex(schema, 'attachments', [column]);
}

async function createServices(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('services')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('binary_name', c.string(64), (col) => col.notNull())
    .addColumn('host', c.string(), (col) => col.notNull())
    .addColumn('availability_zone', c.string(), (col) => col.notNull())
    .addColumn('disabled', c.bool(), (col) => col.notNull())
    .addColumn('disabled_reason', c.string())
    .addColumn('stats', c.json())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'services', ['binary_name', 'host'], { unique: true });
  await addIndex(schema, 'services', ['host']);
  await schema
    .createTable('messages')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('project_id', c.id(), (col) => col.notNull())
    .addColumn('event_id', c.string(64), (col) => col.notNull())
    .addColumn('user_message', c.text(), (col) => col.notNull())
    .addColumn('message_level', c.string(16), (col) => col.notNull())
    .addColumn('request_id', c.string(64))
    .addColumn('resource_type', c.string(64))
    .addColumn('resource_id', c.uuid())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('expires_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'messages', ['project_id', 'created_at']);
  for (const column of ['event_id', 'request_id', 'resource_type', 'resource_id', 'message_level', 'expires_at'])
    await addIndex(schema, 'messages', [column]);
}
