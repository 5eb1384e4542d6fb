import { type Insertable, type Kysely, type SelectQueryBuilder, sql, type Transaction } from 'kysely';
import type { DialectName } from './engine.ts';
import { isUniqueViolation } from './failure.ts';
import { dialectOf } from './kysely-adapter.ts';
import type { TransactionConnection } from './transaction.ts';

/**
 * Locks the rows that a select in a transaction gives, where the database has row locks. In SQLite the transaction
 * itself is the lock.
 */
export function forUpdate<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  db: { readonly dialect: DialectName },
): SelectQueryBuilder<DB, TB, O> {
  return db.dialect === 'sqlite' ? query : query.forUpdate();
}

/**
 * Inserts the rows whose keys are not there yet; gives the number inserted. Any unique key counts. Other errors (a
 * missing foreign row, a value too long) are thrown, unlike MySQL's INSERT IGNORE.
 */
export async function insertIgnore<DB, T extends keyof DB & string>(
  q: Kysely<DB> | Transaction<DB>,
  table: T,
  rows: readonly Insertable<NoInfer<DB>[T]>[],
): Promise<number> {
  if (rows.length === 0) return 0;
  if (dialectOf(q) === 'mysql') return insertOneByOne(q, table, rows);
  const result = await q
    .insertInto(table)
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return Number(result.numInsertedOrUpdatedRows ?? 0n);
}

async function insertOneByOne<DB, T extends keyof DB & string>(
  q: Kysely<DB> | Transaction<DB>,
  table: T,
  rows: readonly Insertable<NoInfer<DB>[T]>[],
): Promise<number> {
  let inserted = 0;
  for (const row of rows) {
    const query = q.insertInto(table).values(row).compile();
    await q.getExecutor().provideConnection(async (connection) => {
      if ('tryInsert' in connection) {
        if (await (connection as TransactionConnection).tryInsert(query)) inserted += 1;
        return;
      }
      try {
        await connection.executeQuery(query);
        inserted += 1;
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
      }
    });
  }
  return inserted;
}

/**
 * Inserts a row, or, when one with the same `keys` exists, sets its `update` columns to the new row's values.
 * `keys` must be the table's primary key or one unique constraint, and no other unique key may be hit (MySQL would
 * update that row).
 */
export async function upsert<DB, T extends keyof DB & string>(
  q: Kysely<DB> | Transaction<DB>,
  table: T,
  row: Insertable<NoInfer<DB>[T]>,
  keys: readonly (keyof DB[T] & string)[],
  update: readonly (keyof DB[T] & string)[],
): Promise<void> {
  if (update.length === 0) {
    await insertIgnore(q, table, [row]);
    return;
  }
  const untyped = q as unknown as Kysely<Record<string, Record<string, unknown>>>;
  const insert = untyped.insertInto(table as string).values(row as Record<string, unknown>);
  if (dialectOf(q) === 'mysql') {
    const changes = Object.fromEntries(update.map((column) => [column, sql`values(${sql.ref(column)})`]));
    await insert.onDuplicateKeyUpdate(changes).execute();
    return;
  }
  const changes = Object.fromEntries(update.map((column) => [column, sql`${sql.ref(`excluded.${column}`)}`]));
  await insert.onConflict((conflict) => conflict.columns([...keys]).doUpdateSet(changes)).execute();
}
