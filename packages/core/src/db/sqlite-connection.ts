import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { bindable } from './bind.ts';
import type { Result } from './engine.ts';

const MAX_STATEMENTS = 400;

interface Prepared {
  statement: StatementSync;
  /** Undefined for statements that give no rows. */
  rowOf: ((values: readonly unknown[]) => unknown) | undefined;
}

/** One open SQLite file with its prepared statements (least recently used ones are dropped). */
export class SqliteConnection {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(path: string, options: { queryOnly: boolean }) {
    // Longer waits are done by the engine between turns of the event loop: SQLite's own wait blocks the whole process.
    this.#database = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
    if (path !== ':memory:' && !options.queryOnly) this.#database.exec('pragma journal_mode = wal');
    this.#database.exec('pragma synchronous = normal');
    this.#database.exec('pragma case_sensitive_like = on');
    this.#database.exec('pragma temp_store = memory');
    if (options.queryOnly) this.#database.exec('pragma query_only = on');
    this.#database.exec('pragma busy_timeout = 0');
  }

  execute(sql: string, parameters: readonly unknown[]): Result {
    const { statement, rowOf } = this.#prepare(sql);
    const values = bindable(parameters);
    if (rowOf) return { rows: (statement.all(...values) as unknown as unknown[][]).map((row) => rowOf(row)) };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  get isTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#prepared.clear();
    this.#database.close();
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known) {
      // Moved to the end: a Map keeps its order, so the first key is the one that was not used for longest.
      this.#prepared.delete(sql);
      this.#prepared.set(sql, known);
      return known;
    }
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    const columns = statement.columns();
    const prepared = { statement, rowOf: columns.length > 0 ? rowMaker(columns.map(({ name }) => name)) : undefined };
    if (this.#prepared.size >= MAX_STATEMENTS) this.#prepared.delete(this.#prepared.keys().next().value!);
    // DDL is run once, and `select *` must see columns that were added since it was prepared.
    if (/^\s*(create|alter|drop|pragma)\b/i.test(sql)) this.#prepared.clear();
    else this.#prepared.set(sql, prepared);
    return prepared;
  }
}

/**
 * Makes ordinary objects: node:sqlite's own rows have no prototype, and those of the other drivers do. As a literal, because
 * objects that get more than a dozen keys one by one are slow to make and to read for as long as they live.
 */
function rowMaker(columns: readonly string[]): (values: readonly unknown[]) => unknown {
  const fields = columns.map((name, at) => `${JSON.stringify(name)}: values[${at}]`);
  return new Function('values', `return { ${fields.join(', ')} };`) as (values: readonly unknown[]) => unknown;
}
