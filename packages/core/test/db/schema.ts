import { addIndex, type LeaseTables, leaseMigration, migration } from '../../src/db/index.ts';

export interface TestTables extends LeaseTables {
  owners: { id: string; name: string };
  things: {
    id: string;
    owner_id: string | null;
    name: string | null;
    size: number | null;
    enabled: number | boolean;
    notes: string | null;
  };
}

export const initial = migration('0001-initial', async (schema, c) => {
  await schema
    .createTable('owners')
    .addColumn('id', c.uuid(), (column) => column.primaryKey().notNull())
    .addColumn('name', c.string(), (column) => column.notNull())
    .execute();
  await schema
    .createTable('things')
    .addColumn('id', c.id(), (column) => column.primaryKey().notNull())
    .addColumn('owner_id', c.uuid(), (column) => column.references('owners.id').onDelete('cascade'))
    .addColumn('name', c.string())
    .addColumn('size', c.bigint())
    .addColumn('enabled', c.bool(), (column) => column.notNull().defaultTo(1))
    .addColumn('notes', c.json())
    .execute();
  await addIndex(schema, 'owners', ['name'], { unique: true });
  await addIndex(schema, 'things', ['name', 'id']);
});

export const testMigrations = [leaseMigration, initial];

export const thing = (id: string, more: Partial<TestTables['things']> = {}): TestTables['things'] => ({
  id,
  owner_id: null,
  name: null,
  size: null,
  enabled: 1,
  notes: null,
  ...more,
});
