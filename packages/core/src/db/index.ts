/**
 * SQLite, MariaDB and PostgreSQL behind one `Db`.
 *
 * ```ts
 * const db: Db<Schema> = await openDatabase<Schema>({ url: 'sqlite:/path.db' | 'sqlite::memory:' | 'mysql://user:pw@host/db' | 'postgres://…', service: 'cinder', from: 'cinder-api', migrations, log });
 * db.q                                    // Kysely<Schema> for statements outside a transaction; using it inside one throws (deadlock on one connection)
 * db.transaction(async (tx) => { … }, { name?: 'createServer' })   // name: for the spans. tx: Kysely Transaction; retried on deadlock/serialisation/lost connection: the callback must be pure apart from SQL. SQLite: BEGIN IMMEDIATE.
 *                                         // After an error of a statement it is over, on every database: catch a unique violation (`isUniqueViolation`) outside, or use insertIgnore
 * afterCommit(tx, { name, send })          // what must follow the change: sent after the commit, in the background, repeated until taken (ADR 0017); db.post(…): the same, following no transaction
 * db.dialect                              // 'sqlite' | 'mysql' | 'postgres'
 * forUpdate(query, db)                    // row lock where the dialect has it
 * insertIgnore / upsert(tx, table, row, keys, update)   // the one dialect difference services meet
 * column types in migrations: id() varchar(64), uuid() varchar(36), string(n), text(), json(), int(), bigint(), double(), bool(), time()
 * migration('0001-initial', async (schema, c) => { await schema.createTable(...)... })   // forward-only; recorded per service in `kumo_migrations`;
 *                                         // who uses flows, quotas or leases has flowMigration, quotaMigration, leaseMigration in this list as well
 * pageQuery(db.q.selectFrom('volumes'), { filters, sorts, marker, limit, … }) → rows + whether more; see its doc comment
 * new KeptList((q) => q.selectFrom('projects')….select([…])).page(db.q, options)   // the same for a list that is asked for again and again: built and compiled once
 * lease(db, name, holder, ttlMs) → renewable lease or undefined
 * ```
 * Conventions: ids are `uuid()` or `id()` strings made by the caller; times are ISO-8601 UTC text with microseconds
 * `2026-11-22T15:00:00.000000` (26 chars, sortable, no zone: what OpenStack prints); JSON in text columns (`json()` /
 * `JSON.parse` in the db layer); booleans as integers 0/1 turned into booleans in the db layer.
 * Foreign keys and unique constraints are declared. Every list filter has an index. Every statement is a `sql` span.
 */

export { addIndex, type Columns, nameOf } from './columns.ts';
export { type Db, type OpenOptions, openDatabase } from './database.ts';
export type { DialectName } from './engine.ts';
export {
  commitUnknown,
  databaseBusy,
  databaseFull,
  databaseMissing,
  databaseNewer,
  databaseUnavailable,
  databaseUnwritable,
  databaseUrlInvalid,
  isUnwritable,
  queryInsideTransaction,
  transactionOver,
} from './errors.ts';
export { isForeignKeyViolation, isUniqueViolation } from './failure.ts';
export { applyFilters, type Filter, type FilterValue } from './filter.ts';
export { KeptList } from './kept-list.ts';
export { type Lease, type LeaseTables, lease, leaseMigration } from './lease.ts';
export { type Migration, migration, type UntypedQueries } from './migration.ts';
export { afterCommit, type Message } from './outbox.ts';
export { type Page, type PageOptions, pageQuery, type Sort } from './page.ts';
export { forUpdate, insertIgnore, upsert } from './portable.ts';
export { fromIso, nowIso, toIso } from './time.ts';
