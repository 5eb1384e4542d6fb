import { addIndex, migration } from '@kumo/core/db';

/** What nova-api asked Cinder for before its own transaction: see db/volume-claims.ts. */
export const volumeClaims = migration('0002-volume-claims', async (schema, c) => {
  await schema
    .createTable('volume_claims')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .addColumn('server_id', c.uuid(), (col) => col.notNull())
    .addColumn('volume_id', c.uuid(), (col) => col.notNull())
    .addColumn('kind', c.string(16), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'volume_claims', ['created_at']);
});
