import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import {
  type Db,
  forUpdate,
  insertIgnore,
  isForeignKeyViolation,
  isUniqueViolation,
  queryInsideTransaction,
  transactionOver,
  upsert,
} from '../../src/db/index.ts';
import { onEachDatabase, openTest } from './dialects.ts';
import { type TestTables, testMigrations, thing } from './schema.ts';

onEachDatabase('statements and transactions', (subject) => {
  let db: Db<TestTables>;
  before(async () => {
    db = await openTest<TestTables>(subject.newUrl(), testMigrations);
  });
  after(() => db.close());
  beforeEach(async () => {
    await db.q.deleteFrom('things').execute();
    await db.q.deleteFrom('owners').execute();
  });
  const ids = async () => (await db.q.selectFrom('things').select('id').orderBy('id').execute()).map(({ id }) => id);

  test('values come back as they went in', async () => {
    const row = thing('a', { name: 'Größe 😀\\ \'"', size: 2 ** 52, enabled: true, notes: 'x'.repeat(70_000) });
    await db.q.insertInto('things').values(row).execute();
    assert.deepEqual(await db.q.selectFrom('things').selectAll().execute(), [{ ...row, enabled: 1 }]);
  });

  test('sums and counts are numbers; changed rows are counted as matched', async () => {
    await db.q
      .insertInto('things')
      .values([thing('a', { size: 1 }), thing('b', { size: 2 })])
      .execute();
    const { fn } = db.q;
    const row = await db.q
      .selectFrom('things')
      .select([fn.sum('size').as('sum'), fn.countAll().as('count')])
      .executeTakeFirstOrThrow();
    assert.deepEqual(row, { sum: 3, count: 2 });
    const same = await db.q.updateTable('things').set({ size: 1 }).where('size', '=', 1).executeTakeFirst();
    assert.equal(same.numUpdatedRows, 1n);
  });

  test('text compares byte by byte: case and trailing spaces count, also for LIKE and order', async () => {
    await db.q
      .insertInto('owners')
      .values(['b', 'B', 'a', 'a ', 'ä'].map((name, at) => ({ id: `${at}`, name })))
      .execute();
    const names = (await db.q.selectFrom('owners').select('name').orderBy('name').execute()).map(({ name }) => name);
    assert.deepEqual(names, ['B', 'a', 'a ', 'b', 'ä']);
    assert.equal((await db.q.selectFrom('owners').select('name').where('name', 'like', 'B%').execute()).length, 1);
    assert.equal((await db.q.selectFrom('owners').select('name').where('name', '=', 'a').execute()).length, 1);
  });

  test('objects, dates and undefined are refused as values, on all databases alike', async () => {
    for (const value of [{ id: 1 }, new Date(), ['a'], Number.NaN]) {
      await assert.rejects(
        db.q.selectFrom('things').selectAll().where('id', '=', sql<string>`${value}`).execute(),
        TypeError,
      );
    }
  });

  test('unique and foreign key violations are told apart', async () => {
    const { q } = db;
    await q.insertInto('owners').values({ id: 'o', name: 'n' }).execute();
    await assert.rejects(q.insertInto('owners').values({ id: 'o', name: 'm' }).execute(), isUniqueViolation);
    await assert.rejects(q.insertInto('owners').values({ id: 'p', name: 'n' }).execute(), isUniqueViolation);
    const orphan = q
      .insertInto('things')
      .values(thing('a', { owner_id: 'nobody' }))
      .execute();
    await assert.rejects(orphan, (error) => isForeignKeyViolation(error) && !isUniqueViolation(error));
    await q
      .insertInto('things')
      .values(thing('a', { owner_id: 'o' }))
      .execute();
    await q.deleteFrom('owners').execute();
    assert.deepEqual(await ids(), [], 'ON DELETE CASCADE of an inline reference is in force');
  });

  test('insertIgnore counts what it inserted, keeps the rest, and hides no other error', async () => {
    await db.transaction(async (tx) => {
      assert.equal(await insertIgnore(tx, 'things', [thing('a', { size: 1 })]), 1);
      assert.equal(await insertIgnore(tx, 'things', [thing('a', { size: 2 }), thing('b')]), 1);
    });
    assert.equal(
      (await db.q.selectFrom('things').select('size').where('id', '=', 'a').executeTakeFirstOrThrow()).size,
      1,
    );
    await assert.rejects(insertIgnore(db.q, 'things', [thing('c', { owner_id: 'nobody' })]), isForeignKeyViolation);
    assert.deepEqual(await ids(), ['a', 'b']);
  });

  test('upsert inserts, then updates the named columns only', async () => {
    await upsert(db.q, 'things', thing('a', { size: 1, name: 'first' }), ['id'], ['size']);
    await upsert(db.q, 'things', thing('a', { size: 2, name: 'second' }), ['id'], ['size']);
    const row = await db.q.selectFrom('things').select(['size', 'name']).executeTakeFirst();
    assert.deepEqual(row, { size: 2, name: 'first' });
  });

  test('a transaction commits all or nothing', async () => {
    await db.transaction((tx) => tx.insertInto('things').values(thing('kept')).execute());
    const failed = db.transaction(async (tx) => {
      await tx.insertInto('things').values(thing('lost')).execute();
      throw new Error('no');
    });
    await assert.rejects(failed, /^Error: no$/);
    assert.deepEqual(await ids(), ['kept']);
  });

  test('db.q and a second transaction inside a transaction are refused; after it they work again', async () => {
    let later: Promise<string[]> | undefined;
    await db.transaction(async (tx) => {
      await assert.rejects(ids(), (error) => queryInsideTransaction.is(error));
      await assert.rejects(
        db.transaction(async () => 1),
        (error) => queryInsideTransaction.is(error),
      );
      await tx.insertInto('things').values(thing('a')).execute();
      later = new Promise((resolve, reject) => setTimeout(() => ids().then(resolve, reject), 100));
    });
    assert.deepEqual(await later, ['a'], 'what was started inside and runs afterwards is outside');
  });

  test('after an error a transaction is over, even when the callback swallows it', async () => {
    await db.q.insertInto('things').values(thing('a')).execute();
    const swallowed = db.transaction(async (tx) => {
      await tx.insertInto('things').values(thing('b')).execute();
      await assert.rejects(tx.insertInto('things').values(thing('a')).execute(), isUniqueViolation);
      await assert.rejects(tx.selectFrom('things').selectAll().execute(), (error) => transactionOver.is(error));
    });
    await assert.rejects(swallowed, isUniqueViolation);
    assert.deepEqual(await ids(), ['a']);
  });

  test('a transaction used after its end is refused', async () => {
    const leaked = await db.transaction(async (tx) => ({ read: () => tx.selectFrom('things').selectAll().execute() }));
    await assert.rejects(leaked.read(), (error) => transactionOver.is(error));
  });

  test('twenty transactions that count the same row at once lose no count', async () => {
    await db.q
      .insertInto('things')
      .values(thing('n', { size: 0 }))
      .execute();
    const increment = () =>
      db.transaction(async (tx) => {
        const { size } = await forUpdate(
          tx.selectFrom('things').select('size').where('id', '=', 'n'),
          db,
        ).executeTakeFirstOrThrow();
        await new Promise((resolve) => setTimeout(resolve, 1));
        await tx
          .updateTable('things')
          .set({ size: size! + 1 })
          .where('id', '=', 'n')
          .execute();
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    assert.equal((await db.q.selectFrom('things').select('size').executeTakeFirstOrThrow()).size, 20);
  });

  test('crosswise locks: the deadlock is run again and both get through', async () => {
    await db.q
      .insertInto('things')
      .values([thing('x', { size: 0 }), thing('y', { size: 0 })])
      .execute();
    let runs = 0;
    const both = (first: string, second: string) =>
      db.transaction(async (tx) => {
        runs += 1;
        for (const id of [first, second]) {
          await tx
            .updateTable('things')
            .set((eb) => ({ size: eb('size', '+', 1) }))
            .where('id', '=', id)
            .execute();
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
    await Promise.all([both('x', 'y'), both('y', 'x')]);
    assert.deepEqual(
      (await db.q.selectFrom('things').select('size').execute()).map(({ size }) => size),
      [2, 2],
    );
    if (db.dialect !== 'sqlite') assert.ok(runs > 2, 'there was a deadlock');
  });

  test('RETURNING, which MySQL lacks, is refused everywhere', async () => {
    assert.throws(() => db.q.insertInto('things').values(thing('a')).returning('id').compile(), /not portable/);
  });

  test('reads outside do not see what is not committed, and in a file do not wait for it', async () => {
    let seen: string[] | undefined;
    await new Promise<void>((resolve, reject) => {
      const gate = Promise.withResolvers<void>();
      const inside = db.transaction(async (tx) => {
        await tx.insertInto('things').values(thing('new')).execute();
        gate.resolve();
        await new Promise((wait) => setTimeout(wait, 150));
      });
      gate.promise
        .then(async () => {
          const startedAt = performance.now();
          seen = await ids();
          if (subject.name !== 'SQLite in memory')
            assert.ok(performance.now() - startedAt < 140, 'the read did not wait');
        })
        .then(() => inside)
        .then(() => resolve(), reject);
    });
    assert.deepEqual(seen, subject.name === 'SQLite in memory' ? ['new'] : []);
    assert.deepEqual(await ids(), ['new']);
  });
});
