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
  // Of two indexes with as many columns of a query a database without statistics takes either: the narrower one has more.
  await addIndex(schema, 'assignments', ['target_id', 'target_kind', 'inherited']);
  await addIndex(schema, 'assignments', ['role_id', 'inherited', 'target_kind']);
  await addIndex(schema, 'assignments', ['inherited', 'target_kind']);
  for (const column of ['domain_id', 'parent_id', 'name']) {
    await addIndex(schema, 'projects', [column, 'is_domain', 'id']);
    await addIndex(schema, 'projects', [column, 'is_domain', 'enabled', 'id']);
  }
  await addIndex(schema, 'projects', ['is_domain', 'id']);
  await addIndex(schema, 'projects', ['is_domain', 'enabled', 'id']);
  await addIndex(schema, 'users', ['enabled', 'id']);
  for (const column of ['domain_id', 'name', 'default_project_id']) {
    await addIndex(schema, 'users', [column, 'id']);
    await addIndex(schema, 'users', [column, 'enabled', 'id']);
  }
  for (const table of ['user_groups', 'roles'])
    for (const column of ['domain_id', 'name']) await addIndex(schema, table, [column, 'id']);
});
