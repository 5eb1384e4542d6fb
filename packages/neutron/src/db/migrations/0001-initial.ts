import { addIndex, type Columns, type Migration, migration } from '@kumo/core/db';

type Schema = Parameters<Migration['up']>[0];

/** The table with the columns that every standard resource has. */
function standardTable(schema: Schema, c: Columns, table: string) {
  return schema
    .createTable(table)
    .addColumn('id', c.uuid(), (column) => column.primaryKey())
    .addColumn('project_id', c.string(255), (column) => column.notNull())
    .addColumn('description', c.string(255), (column) => column.notNull())
    .addColumn('created_at', c.time(), (column) => column.notNull())
    .addColumn('updated_at', c.time(), (column) => column.notNull())
    .addColumn('revision_number', c.bigint(), (column) => column.notNull());
}

async function indexEach(schema: Schema, table: string, columns: readonly string[]): Promise<void> {
  for (const column of columns) await addIndex(schema, table, [column]);
}

async function networks(schema: Schema, c: Columns): Promise<void> {
  await standardTable(schema, c, 'networks')
    .addColumn('name', c.string(), (column) => column.notNull())
    .addColumn('admin_state_up', c.bool(), (column) => column.notNull())
    .addColumn('shared', c.bool(), (column) => column.notNull())
    .addColumn('is_external', c.bool(), (column) => column.notNull())
    .addColumn('is_default', c.bool(), (column) => column.notNull())
    .addColumn('mtu', c.int(), (column) => column.notNull())
    .addColumn('port_security_enabled', c.bool(), (column) => column.notNull())
    .addColumn('dns_domain', c.string(), (column) => column.notNull())
    .addColumn('availability_zone_hints', c.json(), (column) => column.notNull())
    .addColumn('network_type', c.string(32), (column) => column.notNull())
    .addColumn('physical_network', c.string(64))
    .addColumn('segmentation_id', c.bigint())
    .addColumn('dhcp_host', c.string())
    .execute();
  await indexEach(schema, 'networks', ['project_id', 'name', 'shared', 'is_external', 'dhcp_host', 'updated_at']);
  await addIndex(schema, 'networks', ['network_type', 'segmentation_id']);
  await schema
    .createTable('segment_allocations')
    .addColumn('network_type', c.string(32), (column) => column.notNull())
    .addColumn('physical_network', c.string(64), (column) => column.notNull())
    .addColumn('segmentation_id', c.bigint(), (column) => column.notNull())
    .addColumn('network_id', c.uuid(), (column) => column.notNull().references('networks.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('segment_allocations_pk', ['network_type', 'physical_network', 'segmentation_id'])
    .execute();
  await addIndex(schema, 'segment_allocations', ['network_id']);
}

async function subnets(schema: Schema, c: Columns): Promise<void> {
  await standardTable(schema, c, 'subnets')
    .addColumn('name', c.string(), (column) => column.notNull())
    .addColumn('network_id', c.uuid(), (column) => column.notNull().references('networks.id'))
    .addColumn('ip_version', c.int(), (column) => column.notNull())
    .addColumn('cidr', c.string(64), (column) => column.notNull())
    .addColumn('gateway_ip', c.string(64))
    .addColumn('enable_dhcp', c.bool(), (column) => column.notNull())
    .addColumn('allocation_pools', c.json(), (column) => column.notNull())
    .addColumn('dns_nameservers', c.json(), (column) => column.notNull())
    .addColumn('host_routes', c.json(), (column) => column.notNull())
    .addColumn('ipv6_address_mode', c.string(32))
    .addColumn('ipv6_ra_mode', c.string(32))
    .addColumn('service_types', c.json(), (column) => column.notNull())
    .execute();
  await indexEach(schema, 'subnets', ['project_id', 'network_id', 'name', 'cidr', 'gateway_ip', 'updated_at']);
}

async function ports(schema: Schema, c: Columns): Promise<void> {
  await standardTable(schema, c, 'ports')
    .addColumn('name', c.string(), (column) => column.notNull())
    .addColumn('network_id', c.uuid(), (column) => column.notNull().references('networks.id'))
    .addColumn('admin_state_up', c.bool(), (column) => column.notNull())
    .addColumn('status', c.string(16), (column) => column.notNull())
    .addColumn('mac_address', c.string(32), (column) => column.notNull())
    .addColumn('device_id', c.string(), (column) => column.notNull())
    .addColumn('device_owner', c.string(), (column) => column.notNull())
    .addColumn('port_security_enabled', c.bool(), (column) => column.notNull())
    .addColumn('allowed_address_pairs', c.json(), (column) => column.notNull())
    .addColumn('extra_dhcp_opts', c.json(), (column) => column.notNull())
    .addColumn('dns_name', c.string(), (column) => column.notNull())
    .addColumn('host_id', c.string(), (column) => column.notNull())
    .addColumn('vnic_type', c.string(64), (column) => column.notNull())
    .addColumn('vif_type', c.string(64), (column) => column.notNull())
    .addColumn('binding_profile', c.json(), (column) => column.notNull())
    .execute();
  await addIndex(schema, 'ports', ['network_id', 'mac_address'], { unique: true });
  await indexEach(schema, 'ports', [
    'project_id',
    'name',
    'mac_address',
    'device_id',
    'device_owner',
    'host_id',
    'status',
    'updated_at',
  ]);
  await schema
    .createTable('ip_allocations')
    .addColumn('subnet_id', c.uuid(), (column) => column.notNull().references('subnets.id'))
    .addColumn('ip_key', c.string(32), (column) => column.notNull())
    .addColumn('ip_address', c.string(64), (column) => column.notNull())
    .addColumn('network_id', c.uuid(), (column) => column.notNull())
    .addColumn('port_id', c.uuid(), (column) => column.notNull().references('ports.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('ip_allocations_pk', ['subnet_id', 'ip_key'])
    .execute();
  await indexEach(schema, 'ip_allocations', ['port_id', 'ip_address']);
}

async function routers(schema: Schema, c: Columns): Promise<void> {
  await standardTable(schema, c, 'routers')
    .addColumn('name', c.string(), (column) => column.notNull())
    .addColumn('admin_state_up', c.bool(), (column) => column.notNull())
    .addColumn('gateway_network_id', c.uuid(), (column) => column.references('networks.id'))
    .addColumn('gateway_port_id', c.uuid(), (column) => column.references('ports.id'))
    .addColumn('enable_snat', c.bool(), (column) => column.notNull())
    .addColumn('routes', c.json(), (column) => column.notNull())
    .addColumn('availability_zone_hints', c.json(), (column) => column.notNull())
    .addColumn('host', c.string())
    .execute();
  await indexEach(schema, 'routers', [
    'project_id',
    'name',
    'gateway_network_id',
    'gateway_port_id',
    'host',
    'updated_at',
  ]);
  await standardTable(schema, c, 'floating_ips')
    .addColumn('floating_network_id', c.uuid(), (column) => column.notNull().references('networks.id'))
    .addColumn('floating_ip_address', c.string(64), (column) => column.notNull())
    .addColumn('floating_port_id', c.uuid(), (column) => column.notNull().references('ports.id'))
    .addColumn('port_id', c.uuid(), (column) => column.references('ports.id'))
    .addColumn('fixed_ip_address', c.string(64))
    .addColumn('router_id', c.uuid(), (column) => column.references('routers.id'))
    .addColumn('status', c.string(16), (column) => column.notNull())
    .addColumn('dns_name', c.string(), (column) => column.notNull())
    .addColumn('dns_domain', c.string(), (column) => column.notNull())
    .execute();
  await addIndex(schema, 'floating_ips', ['port_id', 'fixed_ip_address'], { unique: true });
  await indexEach(schema, 'floating_ips', [
    'project_id',
    'floating_network_id',
    'floating_ip_address',
    'fixed_ip_address',
    'floating_port_id',
    'router_id',
    'updated_at',
  ]);
}

async function securityGroups(schema: Schema, c: Columns): Promise<void> {
  await standardTable(schema, c, 'security_groups')
    .addColumn('name', c.string(), (column) => column.notNull())
    .addColumn('stateful', c.bool(), (column) => column.notNull())
    .execute();
  await indexEach(schema, 'security_groups', ['project_id', 'name', 'updated_at']);
  await schema
    .createTable('default_security_groups')
    .addColumn('project_id', c.string(255), (column) => column.primaryKey())
    .addColumn('security_group_id', c.uuid(), (column) => column.notNull())
    .execute();
  await addIndex(schema, 'default_security_groups', ['security_group_id']);
  await standardTable(schema, c, 'security_group_rules')
    .addColumn('security_group_id', c.uuid(), (column) =>
      column.notNull().references('security_groups.id').onDelete('cascade'),
    )
    .addColumn('direction', c.string(16), (column) => column.notNull())
    .addColumn('ethertype', c.string(16), (column) => column.notNull())
    .addColumn('protocol', c.string(40))
    .addColumn('port_range_min', c.int())
    .addColumn('port_range_max', c.int())
    .addColumn('remote_ip_prefix', c.string(64))
    .addColumn('remote_group_id', c.uuid(), (column) => column.references('security_groups.id').onDelete('cascade'))
    .addColumn('signature', c.string(250), (column) => column.notNull())
    .execute();
  await addIndex(schema, 'security_group_rules', ['security_group_id', 'signature'], { unique: true });
  await indexEach(schema, 'security_group_rules', ['project_id', 'remote_group_id', 'updated_at']);
  await schema
    .createTable('port_security_groups')
    .addColumn('port_id', c.uuid(), (column) => column.notNull().references('ports.id').onDelete('cascade'))
    .addColumn('security_group_id', c.uuid(), (column) => column.notNull().references('security_groups.id'))
    .addPrimaryKeyConstraint('port_security_groups_pk', ['port_id', 'security_group_id'])
    .execute();
  await addIndex(schema, 'port_security_groups', ['security_group_id']);
}

async function tagsAndAgents(schema: Schema, c: Columns): Promise<void> {
  await schema
    .createTable('tags')
    .addColumn('resource_id', c.uuid(), (column) => column.notNull())
    .addColumn('tag', c.string(60), (column) => column.notNull())
    .addPrimaryKeyConstraint('tags_pk', ['resource_id', 'tag'])
    .execute();
  await addIndex(schema, 'tags', ['tag']);
  await schema
    .createTable('agents')
    .addColumn('id', c.uuid(), (column) => column.primaryKey())
    .addColumn('agent_type', c.string(64), (column) => column.notNull())
    .addColumn('binary', c.string(64), (column) => column.notNull())
    .addColumn('topic', c.string(64), (column) => column.notNull())
    .addColumn('host', c.string(190), (column) => column.notNull())
    .addColumn('admin_state_up', c.bool(), (column) => column.notNull())
    .addColumn('availability_zone', c.string())
    .addColumn('configurations', c.json(), (column) => column.notNull())
    .addColumn('description', c.string())
    .addColumn('created_at', c.time(), (column) => column.notNull())
    .addColumn('started_at', c.time(), (column) => column.notNull())
    .addColumn('heartbeat_at', c.time(), (column) => column.notNull())
    .execute();
  await addIndex(schema, 'agents', ['agent_type', 'host'], { unique: true });
  await addIndex(schema, 'agents', ['host']);
}

export const initial = migration('0001-initial', async (schema, c) => {
  await networks(schema, c);
  await subnets(schema, c);
  await ports(schema, c);
  await routers(schema, c);
  await securityGroups(schema, c);
  await tagsAndAgents(schema, c);
});
