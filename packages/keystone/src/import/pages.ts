import { type Kysely, sql } from 'kysely';
import type { ForeignTables } from './foreign-tables.ts';

const PAGE = 1_000;

export type Foreign = Kysely<ForeignTables>;

/**
 * All rows of a table in the order of a column (whose values may repeat): pages of about a thousand, such that rows of one
 * value are never in two of them.
 */
export async function* pagesOf<T extends keyof ForeignTables & string, C extends keyof ForeignTables[T] & string>(
  q: Foreign,
  table: T,
  column: C,
): AsyncGenerator<ForeignTables[T][]> {
  type Row = ForeignTables[T];
  let after: Row[C] | undefined;
  let limit = PAGE;
  for (;;) {
    const further = after === undefined ? sql`` : sql`where ${sql.ref(column)} > ${after}`;
    const { rows } = await sql<Row>`
      select * from ${sql.table(table)} ${further} order by ${sql.ref(column)} limit ${limit + 1}
    `.execute(q);
    if (rows.length <= limit) {
      if (rows.length > 0) yield rows;
      return;
    }
    const cut = rows.at(-1)?.[column];
    const whole = rows.filter((row) => row[column] !== cut);
    if (whole.length === 0) {
      limit *= 2;
      continue;
    }
    yield whole;
    after = whole.at(-1)?.[column];
  }
}

/** Rows by the value of a column. */
export function groupBy<Row, C extends keyof Row>(rows: readonly Row[], column: C): Map<Row[C], Row[]> {
  const groups = new Map<Row[C], Row[]>();
  for (const row of rows) {
    const group = groups.get(row[column]);
    if (group) group.push(row);
    else groups.set(row[column], [row]);
  }
  return groups;
}
