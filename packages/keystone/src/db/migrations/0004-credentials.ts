import { addIndex, migration } from '@kumo/core/db';

/** Without foreign keys: users and their projects may live in a directory. */
export const credentials = migration('0004-credentials', async (schema, c) => {
  await schema
    .createTable('credentials')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('user_id', c.id(), (col) => col.notNull())
    .addColumn('project_id', c.id())
    .addColumn('type', c.string(), (col) => col.notNull())
    .addColumn('encrypted_blob', c.text(), (col) => col.notNull())
    .addColumn('key_hash', c.id(), (col) => col.notNull())
    .addColumn('extra', c.json(), (col) => col.notNull())
    .execute();
  for (const columns of [['user_id', 'type', 'id'], ['type', 'id'], ['project_id'], ['key_hash', 'id']])
    await addIndex(schema, 'credentials', columns);
});
