import { addIndex, migration } from '@kumo/core/db';

/** Roles and groups keep what clients add; changes say what they touched; lists come in order from an index. */
export const assignments = migration('0006-assignments', async (schema, c) => {
  await schema
    .createTable('change_log')
    .addColumn('counter', c.bigint(), (col) => col.primaryKey())
    .addColumn('tags', c.json(), (col) => col.notNull())
    .execute();
  await schema.alterTable('roles').addColumn('extra', c.json()).execute();
  await schema.alterTable('user_groups').addColumn('extra', c.json()).execute();
  await addIndex(schema, 'assignments', ['inherited', 'target_kind']);
  for (const column of ['is_domain', 'domain_id', 'parent_id', 'name'])
    await addIndex(schema, 'projects', [column, 'id']);
  await addIndex(schema, 'projects', ['is_domain', 'enabled', 'id']);
  for (const column of ['domain_id', 'enabled', 'name', 'default_project_id'])
    await addIndex(schema, 'users', [column, 'id']);
  for (const column of ['domain_id', 'name']) await addIndex(schema, 'user_groups', [column, 'id']);
  for (const column of ['domain_id', 'name']) await addIndex(schema, 'roles', [column, 'id']);
});
