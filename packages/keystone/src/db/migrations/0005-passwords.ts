import { migration } from '@kumo/core/db';

/** What the rules about passwords and accounts need to know. */
export const passwords = migration('0005-passwords', async (schema, c) => {
  await schema
    .alterTable('passwords')
    .addColumn('self_service', c.bool(), (col) => col.notNull().defaultTo(0))
    .execute();
  await schema.alterTable('users').addColumn('last_active_on', c.string(10)).execute();
  await schema
    .createTable('login_failures')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('user_id', c.id(), (col) => col.references('users.id').onDelete('cascade'))
    .addColumn('count', c.int(), (col) => col.notNull())
    .addColumn('failed_at', c.time(), (col) => col.notNull())
    .addColumn('locked', c.bool(), (col) => col.notNull())
    .execute();
});
