import { addIndex, type Columns, migration } from '@kumo/core/db';
import type { SchemaModule } from 'kysely';

export const catalog = migration('0007-catalog', async (schema, c) => {
  for (const table of ['regions', 'services', 'endpoints']) {
    // Null in rows that were there before: a text of MySQL has no plain default, and SQLite adds no other.
    await schema.alterTable(table).addColumn('extra', c.json()).execute();
  }
  await createEndpointFilters(schema, c);
  await createPolicies(schema, c);
  await createLimits(schema, c);
});

async function createEndpointFilters(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('endpoint_groups')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('description', c.text())
    .addColumn('filters', c.json(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'endpoint_groups', ['name']);
  await schema
    .createTable('project_endpoints')
    .addColumn('project_id', c.id(), (col) => col.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('endpoint_id', c.id(), (col) => col.notNull().references('endpoints.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('project_endpoints_pk', ['project_id', 'endpoint_id'])
    .execute();
  await addIndex(schema, 'project_endpoints', ['endpoint_id']);
  await schema
    .createTable('project_endpoint_groups')
    .addColumn('project_id', c.id(), (col) => col.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('endpoint_group_id', c.id(), (col) => col.notNull().references('endpoint_groups.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('project_endpoint_groups_pk', ['project_id', 'endpoint_group_id'])
    .execute();
  await addIndex(schema, 'project_endpoint_groups', ['endpoint_group_id']);
}

async function createPolicies(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('policies')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('type', c.string(), (col) => col.notNull())
    .addColumn('blob', c.text(), (col) => col.notNull())
    .addColumn('extra', c.json(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'policies', ['type']);
  await schema
    .createTable('policy_associations')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('policy_id', c.id(), (col) => col.notNull().references('policies.id').onDelete('cascade'))
    .addColumn('endpoint_id', c.id(), (col) => col.references('endpoints.id').onDelete('cascade'))
    .addColumn('service_id', c.id(), (col) => col.references('services.id').onDelete('cascade'))
    .addColumn('region_id', c.string(), (col) => col.references('regions.id').onDelete('cascade'))
    .execute();
  for (const column of ['policy_id', 'endpoint_id', 'service_id', 'region_id'])
    await addIndex(schema, 'policy_associations', [column]);
}

async function createLimits(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('registered_limits')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('service_id', c.id(), (col) => col.notNull().references('services.id'))
    .addColumn('region_id', c.string(), (col) => col.references('regions.id'))
    .addColumn('region_key', c.string(), (col) => col.notNull())
    .addColumn('resource_name', c.string(), (col) => col.notNull())
    .addColumn('default_limit', c.int(), (col) => col.notNull())
    .addColumn('description', c.text())
    .execute();
  await addIndex(schema, 'registered_limits', ['service_id', 'region_key', 'resource_name'], { unique: true });
  for (const column of ['region_id', 'resource_name']) await addIndex(schema, 'registered_limits', [column]);
  await schema
    .createTable('limits')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('registered_limit_id', c.id(), (col) => col.notNull().references('registered_limits.id'))
    .addColumn('project_id', c.id(), (col) => col.references('projects.id').onDelete('cascade'))
    .addColumn('domain_id', c.id(), (col) => col.references('projects.id').onDelete('cascade'))
    .addColumn('resource_limit', c.int(), (col) => col.notNull())
    .addColumn('description', c.text())
    .execute();
  for (const owner of ['project_id', 'domain_id']) {
    await addIndex(schema, 'limits', ['registered_limit_id', owner], { unique: true });
    await addIndex(schema, 'limits', [owner]);
  }
}
