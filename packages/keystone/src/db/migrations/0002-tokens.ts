import { addIndex, migration } from '@kumo/core/db';

export const tokens = migration('0002-tokens', async (schema, c) => {
  for (const column of ['trust_id', 'role_id'])
    await schema.alterTable('revocations').addColumn(column, c.id()).execute();
  await schema
    .createTable('fernet_keys')
    .addColumn('repository', c.string(32), (col) => col.notNull())
    .addColumn('number', c.int(), (col) => col.notNull())
    .addColumn('sealed', c.string(), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addPrimaryKeyConstraint('fernet_keys_pk', ['repository', 'number'])
    .execute();
  await schema
    .createTable('used_passcodes')
    .addColumn('user_id', c.id(), (col) => col.notNull())
    .addColumn('period', c.bigint(), (col) => col.notNull())
    .addPrimaryKeyConstraint('used_passcodes_pk', ['user_id', 'period'])
    .execute();
  await addIndex(schema, 'used_passcodes', ['period']);
});
