import { addIndex, type Columns, migration } from '@kumo/core/db';
import type { SchemaModule } from 'kysely';

export const initial = migration('0001-initial', async (schema, c) => {
  await createFlavors(schema, c);
  await createKeyPairs(schema, c);
  await createServers(schema, c);
  await createServerParts(schema, c);
  await createActions(schema, c);
  await createHosts(schema, c);
  await createAggregates(schema, c);
});

async function createFlavors(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('flavors')
    .addColumn('id', c.string(), (col) => col.primaryKey())
    .addColumn('name', c.string(), (col) => col.notNull().unique())
    .addColumn('description', c.text())
    .addColumn('vcpus', c.int(), (col) => col.notNull())
    .addColumn('memory_mb', c.int(), (col) => col.notNull())
    .addColumn('root_gb', c.int(), (col) => col.notNull())
    .addColumn('ephemeral_gb', c.int(), (col) => col.notNull())
    .addColumn('swap_mb', c.int(), (col) => col.notNull())
    .addColumn('rxtx_factor', c.double(), (col) => col.notNull())
    .addColumn('is_public', c.bool(), (col) => col.notNull())
    .addColumn('disabled', c.bool(), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time())
    .execute();
  for (const column of ['memory_mb', 'root_gb', 'vcpus', 'is_public', 'created_at', 'updated_at'])
    await addIndex(schema, 'flavors', [column]);
  await schema
    .createTable('flavor_extra_specs')
    .addColumn('flavor_id', c.string(), (col) => col.notNull().references('flavors.id').onDelete('cascade'))
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('value', c.string(), (col) => col.notNull())
    .addPrimaryKeyConstraint('flavor_extra_specs_pk', ['flavor_id', 'name'])
    .execute();
  await schema
    .createTable('flavor_access')
    .addColumn('flavor_id', c.string(), (col) => col.notNull().references('flavors.id').onDelete('cascade'))
    .addColumn('project_id', c.string(), (col) => col.notNull())
    .addPrimaryKeyConstraint('flavor_access_pk', ['flavor_id', 'project_id'])
    .execute();
  await addIndex(schema, 'flavor_access', ['project_id']);
}

async function createKeyPairs(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('key_pairs')
    .addColumn('user_id', c.id(), (col) => col.notNull())
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('number', c.int(), (col) => col.notNull())
    .addColumn('type', c.string(16), (col) => col.notNull())
    .addColumn('fingerprint', c.string(), (col) => col.notNull())
    .addColumn('public_key', c.text(), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addPrimaryKeyConstraint('key_pairs_pk', ['user_id', 'name'])
    .execute();
  await addIndex(schema, 'key_pairs', ['number'], { unique: true });
}

async function createServers(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('servers')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('project_id', c.id(), (col) => col.notNull())
    .addColumn('user_id', c.id(), (col) => col.notNull())
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('description', c.string())
    .addColumn('hostname', c.string(), (col) => col.notNull())
    .addColumn('vm_state', c.string(32), (col) => col.notNull())
    .addColumn('task_state', c.string(32))
    .addColumn('power_state', c.int(), (col) => col.notNull())
    .addColumn('progress', c.int(), (col) => col.notNull())
    .addColumn('host', c.string())
    .addColumn('node', c.string())
    .addColumn('image_ref', c.string(64), (col) => col.notNull())
    .addColumn('flavor_id', c.string(), (col) => col.notNull())
    .addColumn('flavor', c.json(), (col) => col.notNull())
    .addColumn('key_name', c.string())
    .addColumn('key_type', c.string(16))
    .addColumn('key_data', c.text())
    .addColumn('user_data', c.text())
    .addColumn('config_drive', c.bool(), (col) => col.notNull())
    .addColumn('availability_zone', c.string())
    .addColumn('locked_by', c.string(16))
    .addColumn('locked_reason', c.string())
    .addColumn('access_ipv4', c.string(64))
    .addColumn('access_ipv6', c.string(64))
    .addColumn('disk_config', c.string(16), (col) => col.notNull())
    .addColumn('reservation_id', c.string(32), (col) => col.notNull())
    .addColumn('launch_index', c.int(), (col) => col.notNull())
    .addColumn('root_device_name', c.string())
    .addColumn('request', c.json(), (col) => col.notNull())
    .addColumn('network_info', c.json(), (col) => col.notNull())
    .addColumn('fault', c.json())
    .addColumn('launched_at', c.time())
    .addColumn('terminated_at', c.time())
    .addColumn('deleted', c.bool(), (col) => col.notNull())
    .addColumn('deleted_at', c.time())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'servers', ['deleted', 'project_id', 'created_at', 'id']);
  await addIndex(schema, 'servers', ['deleted', 'created_at', 'id']);
  await addIndex(schema, 'servers', ['host', 'deleted']);
  await addIndex(schema, 'servers', ['updated_at']);
  for (const column of SERVER_FILTERS) await addIndex(schema, 'servers', [column]);
}

const SERVER_FILTERS = ['name', 'vm_state', 'task_state', 'image_ref', 'flavor_id', 'user_id', 'reservation_id'];

async function createServerParts(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('server_metadata')
    .addColumn('server_id', c.uuid(), (col) => col.notNull().references('servers.id').onDelete('cascade'))
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('value', c.string(), (col) => col.notNull())
    .addPrimaryKeyConstraint('server_metadata_pk', ['server_id', 'name'])
    .execute();
  await schema
    .createTable('server_tags')
    .addColumn('server_id', c.uuid(), (col) => col.notNull().references('servers.id').onDelete('cascade'))
    .addColumn('tag', c.string(60), (col) => col.notNull())
    .addPrimaryKeyConstraint('server_tags_pk', ['server_id', 'tag'])
    .execute();
  await addIndex(schema, 'server_tags', ['tag']);
  await schema
    .createTable('block_device_mappings')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('server_id', c.uuid(), (col) => col.notNull().references('servers.id').onDelete('cascade'))
    .addColumn('source_type', c.string(16), (col) => col.notNull())
    .addColumn('destination_type', c.string(16), (col) => col.notNull())
    .addColumn('device_name', c.string())
    .addColumn('boot_index', c.int())
    .addColumn('delete_on_termination', c.bool(), (col) => col.notNull())
    .addColumn('image_id', c.string(64))
    .addColumn('snapshot_id', c.string(64))
    .addColumn('volume_id', c.string(64))
    .addColumn('volume_size_gb', c.int())
    .addColumn('volume_type', c.string())
    .addColumn('guest_format', c.string())
    .addColumn('disk_bus', c.string())
    .addColumn('device_type', c.string())
    .addColumn('tag', c.string(60))
    .addColumn('attachment_id', c.uuid())
    .addColumn('connection_info', c.json())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'block_device_mappings', ['server_id', 'created_at']);
  await addIndex(schema, 'block_device_mappings', ['volume_id']);
}

async function createActions(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('instance_actions')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('server_id', c.uuid(), (col) => col.notNull().references('servers.id').onDelete('cascade'))
    .addColumn('request_id', c.string(64), (col) => col.notNull())
    .addColumn('action', c.string(), (col) => col.notNull())
    .addColumn('user_id', c.id(), (col) => col.notNull())
    .addColumn('project_id', c.id(), (col) => col.notNull())
    .addColumn('start_time', c.time(), (col) => col.notNull())
    .addColumn('finish_time', c.time())
    .addColumn('message', c.string())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'instance_actions', ['server_id', 'start_time']);
  await addIndex(schema, 'instance_actions', ['server_id', 'request_id']);
  await schema
    .createTable('instance_action_events')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('action_id', c.uuid(), (col) => col.notNull().references('instance_actions.id').onDelete('cascade'))
    .addColumn('event', c.string(), (col) => col.notNull())
    .addColumn('start_time', c.time(), (col) => col.notNull())
    .addColumn('finish_time', c.time())
    .addColumn('result', c.string(32))
    .addColumn('traceback', c.text())
    .addColumn('host', c.string())
    .addColumn('details', c.text())
    .execute();
  await addIndex(schema, 'instance_action_events', ['action_id', 'start_time']);
}

async function createHosts(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('services')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('host', c.string(), (col) => col.notNull())
    .addColumn('binary_name', c.string(), (col) => col.notNull())
    .addColumn('report_count', c.bigint(), (col) => col.notNull())
    .addColumn('last_seen_up', c.time())
    .addColumn('disabled', c.bool(), (col) => col.notNull())
    .addColumn('disabled_reason', c.string())
    .addColumn('forced_down', c.bool(), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'services', ['host', 'binary_name'], { unique: true });
  await schema
    .createTable('compute_nodes')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('host', c.string(), (col) => col.notNull())
    .addColumn('hypervisor_hostname', c.string(), (col) => col.notNull())
    .addColumn('hypervisor_type', c.string(), (col) => col.notNull())
    .addColumn('hypervisor_version', c.int(), (col) => col.notNull())
    .addColumn('host_ip', c.string(64), (col) => col.notNull())
    .addColumn('vcpus', c.int(), (col) => col.notNull())
    .addColumn('memory_mb', c.int(), (col) => col.notNull())
    .addColumn('local_gb', c.int(), (col) => col.notNull())
    .addColumn('vcpus_used', c.int(), (col) => col.notNull())
    .addColumn('memory_mb_used', c.int(), (col) => col.notNull())
    .addColumn('local_gb_used', c.int(), (col) => col.notNull())
    .addColumn('running_vms', c.int(), (col) => col.notNull())
    .addColumn('cpu_info', c.json(), (col) => col.notNull())
    .addColumn('cpu_allocation_ratio', c.double(), (col) => col.notNull())
    .addColumn('ram_allocation_ratio', c.double(), (col) => col.notNull())
    .addColumn('disk_allocation_ratio', c.double(), (col) => col.notNull())
    .addColumn('build_failures', c.int(), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'compute_nodes', ['host', 'hypervisor_hostname'], { unique: true });
  await addIndex(schema, 'compute_nodes', ['hypervisor_hostname']);
}

async function createAggregates(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('aggregates')
    .addColumn('id', c.int(), (col) => col.primaryKey())
    .addColumn('uuid', c.uuid(), (col) => col.notNull().unique())
    .addColumn('name', c.string(), (col) => col.notNull().unique())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time())
    .execute();
  await schema
    .createTable('aggregate_hosts')
    .addColumn('aggregate_id', c.int(), (col) => col.notNull().references('aggregates.id').onDelete('cascade'))
    .addColumn('host', c.string(), (col) => col.notNull())
    .addPrimaryKeyConstraint('aggregate_hosts_pk', ['aggregate_id', 'host'])
    .execute();
  await addIndex(schema, 'aggregate_hosts', ['host']);
  await schema
    .createTable('aggregate_metadata')
    .addColumn('aggregate_id', c.int(), (col) => col.notNull().references('aggregates.id').onDelete('cascade'))
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('value', c.string(), (col) => col.notNull())
    .addPrimaryKeyConstraint('aggregate_metadata_pk', ['aggregate_id', 'name'])
    .execute();
}
