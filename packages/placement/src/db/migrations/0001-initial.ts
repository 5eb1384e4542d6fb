import { addIndex, migration } from '@kumo/core/db';

export const initial = migration('0001-initial', async (schema, c) => {
  await schema
    .createTable('resource_providers')
    .addColumn('uuid', c.uuid(), (col) => col.primaryKey())
    .addColumn('name', c.string(200), (col) => col.notNull().unique())
    .addColumn('generation', c.bigint(), (col) => col.notNull())
    .addColumn('parent_uuid', c.uuid(), (col) => col.references('resource_providers.uuid'))
    .addColumn('root_uuid', c.uuid(), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'resource_providers', ['parent_uuid']);
  await addIndex(schema, 'resource_providers', ['root_uuid']);

  await schema
    .createTable('resource_classes')
    .addColumn('name', c.string(255), (col) => col.primaryKey())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .execute();

  await schema
    .createTable('inventories')
    .addColumn('provider_uuid', c.uuid(), (col) => col.notNull().references('resource_providers.uuid'))
    .addColumn('resource_class', c.string(255), (col) => col.notNull())
    .addColumn('total', c.bigint(), (col) => col.notNull())
    .addColumn('reserved', c.bigint(), (col) => col.notNull())
    .addColumn('min_unit', c.bigint(), (col) => col.notNull())
    .addColumn('max_unit', c.bigint(), (col) => col.notNull())
    .addColumn('step_size', c.bigint(), (col) => col.notNull())
    .addColumn('allocation_ratio', c.double(), (col) => col.notNull())
    // The sum of the allocations, kept with them in one transaction: a claim must not add them up.
    .addColumn('used', c.bigint(), (col) => col.notNull())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .addPrimaryKeyConstraint('pk_inventories', ['provider_uuid', 'resource_class'])
    .execute();
  await addIndex(schema, 'inventories', ['resource_class']);

  await schema
    .createTable('consumers')
    .addColumn('uuid', c.uuid(), (col) => col.primaryKey())
    .addColumn('generation', c.bigint(), (col) => col.notNull())
    .addColumn('project_id', c.string(255), (col) => col.notNull())
    .addColumn('user_id', c.string(255), (col) => col.notNull())
    .addColumn('consumer_type', c.string(255))
    .execute();
  await addIndex(schema, 'consumers', ['project_id', 'user_id']);

  await schema
    .createTable('allocations')
    .addColumn('consumer_uuid', c.uuid(), (col) => col.notNull().references('consumers.uuid'))
    .addColumn('provider_uuid', c.uuid(), (col) => col.notNull().references('resource_providers.uuid'))
    .addColumn('resource_class', c.string(255), (col) => col.notNull())
    .addColumn('used', c.bigint(), (col) => col.notNull())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .addPrimaryKeyConstraint('pk_allocations', ['consumer_uuid', 'provider_uuid', 'resource_class'])
    .execute();
  await addIndex(schema, 'allocations', ['provider_uuid', 'resource_class']);

  await schema
    .createTable('traits')
    .addColumn('name', c.string(255), (col) => col.primaryKey())
    .addColumn('updated_at', c.time(), (col) => col.notNull())
    .execute();
  await schema
    .createTable('provider_traits')
    .addColumn('provider_uuid', c.uuid(), (col) => col.notNull().references('resource_providers.uuid'))
    .addColumn('trait', c.string(255), (col) => col.notNull())
    .addPrimaryKeyConstraint('pk_provider_traits', ['provider_uuid', 'trait'])
    .execute();
  await addIndex(schema, 'provider_traits', ['trait']);
  await schema
    .createTable('provider_aggregates')
    .addColumn('provider_uuid', c.uuid(), (col) => col.notNull().references('resource_providers.uuid'))
    .addColumn('aggregate_uuid', c.uuid(), (col) => col.notNull())
    .addPrimaryKeyConstraint('pk_provider_aggregates', ['provider_uuid', 'aggregate_uuid'])
    .execute();
  await addIndex(schema, 'provider_aggregates', ['aggregate_uuid']);
});
