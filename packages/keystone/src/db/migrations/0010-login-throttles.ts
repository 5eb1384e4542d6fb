import { addIndex, migration } from '@kumo/core/db';

/** How often what could be guessed was wrong. */
export const loginThrottles = migration('0010-login-throttles', async (schema, c) => {
  await schema
    .createTable('login_throttles')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('subject', c.id(), (col) => col.notNull())
    .addColumn('count', c.int(), (col) => col.notNull())
    .addColumn('rounds', c.int(), (col) => col.notNull())
    .addColumn('ends_at', c.bigint(), (col) => col.notNull())
    .addColumn('forget_at', c.bigint(), (col) => col.notNull())
    .execute();
  for (const column of ['subject', 'forget_at']) await addIndex(schema, 'login_throttles', [column]);
});
