import { DatabaseSync } from 'node:sqlite';

/** Every row of every table of a SQLite file, as text, by table; for comparing what there was with what there is. */
export function dumpSqlite(file: string): Map<string, Record<string, unknown>[]> {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    const tables = database
      .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")
      .all();
    return new Map(
      tables.map(({ name }) => [
        String(name),
        database.prepare(`select * from "${name}"`).all() as Record<string, unknown>[],
      ]),
    );
  } finally {
    database.close();
  }
}
