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
