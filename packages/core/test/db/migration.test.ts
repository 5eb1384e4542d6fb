import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { sql } from 'kysely';
import { databaseMissing, databaseNewer, insertIgnore, migration, openDatabase } from '../../src/db/index.ts';
import { log, onEachDatabase, openTest } from './dialects.ts';
import { initial, type TestTables, testMigrations } from './schema.ts';

interface RecordTables extends TestTables {
  kumo_migrations: { service: string; name: string; applied_at: string | null };
  extra: { id: string };
}

const second = migration('0002-extra', async (schema, c, q) => {
  await schema
    .createTable('extra')
    .addColumn('id', c.id(), (column) => column.primaryKey().notNull())
    .execute();
  await schema.alterTable('things').addColumn('color', c.string(32)).execute();
  await insertIgnore(q, 'extra', [{ id: 'seed' }]);
});

onEachDatabase('migrations', (subject) => {
  // Of a database in memory nothing is left to open a second time.
  if (subject.name === 'SQLite in memory') return;

  test('run once, in order; later ones are added; a database of newer code is refused', async () => {
    const url = subject.newUrl();
    await (await openTest(url, testMigrations)).close();
    const upgraded = await openTest<RecordTables>(url, [...testMigrations, second]);
    assert.deepEqual(await upgraded.q.selectFrom('extra').selectAll().execute(), [{ id: 'seed' }]);
    const recorded = await upgraded.q
      .selectFrom('kumo_migrations')
      .select(['service', 'name'])
      .orderBy('name')
      .execute();
    assert.deepEqual(
      recorded.map(({ name }) => name),
      ['0001-initial', '0002-extra', 'core-leases-1'],
    );
    await upgraded.close();
    await assert.rejects(
      openTest(url, testMigrations),
      (error) => databaseNewer.is(error) && /"0002-extra"/.test(error.message),
    );
  });

  test('another service’s migrations in the same database are not its own', async () => {
    const url = subject.newUrl();
    await (await openTest(url, testMigrations, 'one')).close();
    const other = migration('0001-other', (schema, c) => schema.createTable('other').addColumn('id', c.id()).execute());
    await (await openTest(url, [other], 'two')).close();
  });

  test('one that fails is not recorded and can be mended', async () => {
    const url = subject.newUrl();
    let isMended = false;
    const fragile = migration('0002-fragile', async (schema, c) => {
      await schema
        .createTable('extra')
        .addColumn('id', c.id(), (column) => column.primaryKey().notNull())
        .execute();
      if (!isMended) throw new Error('pulled the plug');
      await schema.createTable('more').addColumn('id', c.id()).execute();
    });
    await assert.rejects(openTest(url, [initial, fragile]), /pulled the plug/);
    isMended = true;
    const db = await openTest<RecordTables>(url, [initial, fragile]);
    await db.q.insertInto('extra').values({ id: 'x' }).execute();
    await db.close();
  });

  test('three processes at once: all start, each migration ran once', async () => {
    const url = subject.newUrl();
    const starter = new URL('./start-process.ts', import.meta.url).pathname;
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, [starter], {
        env: { ...process.env, TEST_URL: url },
        stdio: ['ignore', 'inherit', 'inherit'],
      }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    assert.deepEqual(codes, [0, 0, 0]);
    const db = await openTest<RecordTables>(url, testMigrations);
    const { size } = await db.q.selectFrom('things').select('size').executeTakeFirstOrThrow();
    assert.equal(size, 300, 'and their transactions lost no update');
    await db.close();
  });

  test('readonly changes nothing and needs a database that is there', async () => {
    const url = subject.newUrl();
    const options = { url, service: 'test', from: 'test', migrations: testMigrations, log, readonly: true };
    await assert.rejects(openDatabase(options), (error) =>
      subject.name.startsWith('SQLite') ? databaseMissing.is(error) : error instanceof Error,
    );
    await (await openTest(url, testMigrations)).close();
    const db = await openDatabase<TestTables>(options);
    assert.deepEqual(await db.q.selectFrom('owners').selectAll().execute(), []);
    await assert.rejects(db.q.insertInto('owners').values({ id: 'a', name: 'b' }).execute());
    await db.close();
  });

  test('foreign keys and indexes have the names that their columns give', async () => {
    const db = await openTest<TestTables>(subject.newUrl(), testMigrations);
    const names = {
      sqlite: sql<{ name: string }>`select name from sqlite_master where type = 'index' and sql is not null`,
      mysql: sql<{
        name: string;
      }>`select distinct index_name as name from information_schema.statistics where table_schema = database()`,
      postgres: sql<{ name: string }>`select indexname as name from pg_indexes where schemaname = current_schema()`,
    }[db.dialect];
    const found = (await names.execute(db.q)).rows.map(({ name }) => name);
    for (const name of ['uq_owners_name', 'ix_things_name_id']) assert.ok(found.includes(name), `${name} in ${found}`);
    await db.close();
  });
});
