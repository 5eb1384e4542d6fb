import { addIndex, migration } from '@kumo/core/db';

/** Domains may have a configuration of their own, and their users and groups may be in a directory. */
export const domainConfig = migration('0008-domain-config', async (schema, c) => {
  await schema
    .createTable('domain_config_options')
    .addColumn('domain_id', c.id(), (col) => col.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('group_name', c.string(64), (col) => col.notNull())
    .addColumn('option_name', c.string(64), (col) => col.notNull())
    .addColumn('value', c.text(), (col) => col.notNull())
    .addColumn('is_sensitive', c.bool(), (col) => col.notNull())
    .addPrimaryKeyConstraint('domain_config_options_pk', ['domain_id', 'group_name', 'option_name'])
    .execute();
  await schema
    .createTable('id_mappings')
    .addColumn('public_id', c.id(), (col) => col.primaryKey())
    .addColumn('domain_id', c.id(), (col) => col.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('local_id', c.string(), (col) => col.notNull())
    .addColumn('entity_type', c.string(8), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'id_mappings', ['domain_id', 'entity_type', 'local_id'], { unique: true });
});
