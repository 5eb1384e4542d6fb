import { forUpdate, insertIgnore } from '../../src/db/index.ts';
import { openTest } from './dialects.ts';
import { type TestTables, testMigrations, thing } from './schema.ts';

/** What migration.test.ts starts several times: opens (and so migrates) the database, then counts in it. */
const db = await openTest<TestTables>(process.env.TEST_URL!, testMigrations);
for (let at = 0; at < 100; at += 1) {
  await db.transaction(async (tx) => {
    await insertIgnore(tx, 'things', [thing('n', { size: 0 })]);
    const { size } = await forUpdate(
      tx.selectFrom('things').select('size').where('id', '=', 'n'),
      db,
    ).executeTakeFirstOrThrow();
    await tx
      .updateTable('things')
      .set({ size: size! + 1 })
      .where('id', '=', 'n')
      .execute();
  });
}
await db.close();
