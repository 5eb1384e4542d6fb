import { createHash } from 'node:crypto';
import { type CreateTableBuilder, type RawBuilder, type SchemaModule, sql } from 'kysely';
import type { DialectName } from './engine.ts';

type DataTypeExpression = Parameters<CreateTableBuilder<string>['addColumn']>[1];

/** Column types with one meaning on all three databases. Text compares byte by byte: case and trailing spaces count. */
export interface Columns {
  /** Ids and names that refer to something: varchar(64). */
  id(): DataTypeExpression;
  /** A UUID as text: varchar(36), because char pads with spaces in PostgreSQL. */
  uuid(): DataTypeExpression;
  /** Up to `length` characters (default 255, which an index of MySQL can hold). */
  string(length?: number): DataTypeExpression;
  /** Unbounded; cannot be indexed or have a default (MySQL). */
  text(): DataTypeExpression;
  /** JSON as text: `JSON.stringify` and `JSON.parse` are the db layer's. */
  json(): DataTypeExpression;
  int(): DataTypeExpression;
  /** Read as a number: up to 2^53. */
  bigint(): DataTypeExpression;
  /** 0 or 1; a boolean is accepted as a parameter. */
  bool(): DataTypeExpression;
  /** `nowIso()`: varchar(32). */
  time(): DataTypeExpression;
  /** A floating-point number of 64 bits. */
  double(): DataTypeExpression;
}

/** The columns' types on one database. */
export function columnsOf(dialect: DialectName): Columns {
  const bytewise = (type: string): RawBuilder<unknown> =>
    sql.raw(dialect === 'postgres' ? `${type} collate "C"` : type);
  const text = () => bytewise(dialect === 'mysql' ? 'longtext' : 'text');
  return {
    id: () => bytewise('varchar(64)'),
    uuid: () => bytewise('varchar(36)'),
    string: (length = 255) => bytewise(`varchar(${length})`),
    text,
    json: text,
    int: () => 'integer',
    bigint: () => 'bigint',
    bool: () => sql.raw('smallint'),
    time: () => bytewise('varchar(32)'),
    double: () => 'double precision',
  };
}

/** `ix_volumes_project_id_status`; cut with a hash where it is too long for PostgreSQL (63 bytes). */
export function nameOf(kind: 'ix' | 'uq' | 'fk', table: string, columns: readonly string[]): string {
  const name = [kind, table, ...columns].join('_');
  if (name.length <= 60) return name;
  return `${name.slice(0, 51)}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/** Creates an index (a unique one: `uq_…`) named after its table and columns. */
export async function addIndex(
  schema: SchemaModule,
  table: string,
  columns: readonly string[],
  options: { unique?: boolean } = {},
): Promise<void> {
  const index = schema
    .createIndex(nameOf(options.unique ? 'uq' : 'ix', table, columns))
    .on(table)
    .columns([...columns]);
  await (options.unique ? index.unique() : index).execute();
}
