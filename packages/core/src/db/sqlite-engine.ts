import { closeSync, existsSync, openSync } from 'node:fs';
import type { CompiledQuery } from 'kysely';
import { Backoff } from './backoff.ts';
import type { Engine, EngineOptions, Result, Session } from './engine.ts';
import { databaseBusy, databaseMissing, databaseUrlInvalid } from './errors.ts';
import { failureOf } from './failure.ts';
import { Mutex } from './mutex.ts';
import { SqliteConnection } from './sqlite-connection.ts';

/** Another process may hold the write lock; it is asked for again this long. */
const BUSY = { deadlineMs: 30_000, firstMs: 0.5, maxMs: 25 };

/**
 * A SQLite file: one writing connection, taken in turn by transactions and single changes, and one reading connection
 * beside it, so that a read outside of a transaction never waits (WAL shows it the last commit). `:memory:` has one
 * connection only; there reads wait for the open transaction, or they would see what it has not committed.
 */
export class SqliteEngine implements Engine {
  readonly dialect = 'sqlite';
  readonly #path: string;
  readonly #options: EngineOptions;
  readonly #writing = new Mutex();
  #writer: SqliteConnection | undefined;
  #reader: SqliteConnection | undefined;

  constructor(path: string, options: EngineOptions) {
    this.#path = path;
    this.#options = options;
  }

  async open(): Promise<void> {
    const { readonly, service } = this.#options;
    if (readonly && !existsSync(this.#path)) throw databaseMissing({ service, database: this.#path });
    try {
      // It holds password hashes and keys; SQLite gives its companions (-wal, -shm) the same mode.
      if (this.#path !== ':memory:') closeSync(openSync(this.#path, 'a', 0o600));
      this.#writer = new SqliteConnection(this.#path, { queryOnly: readonly });
      if (this.#path !== ':memory:') this.#reader = new SqliteConnection(this.#path, { queryOnly: true });
    } catch (cause) {
      this.#writer?.close();
      const reason = `${this.#path} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw databaseUrlInvalid({ service, reason }, { cause });
    }
  }

  run(query: CompiledQuery, isRead: boolean): Promise<Result> {
    if (!isRead || !this.#reader) return this.#write(query);
    try {
      return Promise.resolve(this.#reader.execute(query.sql, query.parameters));
    } catch (error) {
      if (failureOf(error) !== 'busy') return Promise.reject(error);
      return this.#untilFree(() => this.#connection(this.#reader).execute(query.sql, query.parameters));
    }
  }

  async #write(query: CompiledQuery): Promise<Result> {
    await this.#writing.lock();
    try {
      return await this.#untilFree(() => this.#connection(this.#writer).execute(query.sql, query.parameters));
    } finally {
      this.#writing.unlock();
    }
  }

  async session(): Promise<Session> {
    await this.#writing.lock();
    const command = (sql: string) => this.#untilFree(() => this.#connection(this.#writer).execute(sql, []));
    return {
      execute: async (query) => this.#connection(this.#writer).execute(query.sql, query.parameters),
      begin: async () => void (await command('begin immediate')),
      commit: async () => void (await command('commit')),
      // SQLite rolls back by itself after some errors (a full disk).
      rollback: async () => void (this.#connection(this.#writer).isTransaction && (await command('rollback'))),
      release: () => this.#writing.unlock(),
    };
  }

  async lockMigrations(session: Session) {
    await session.begin();
    return { finish: () => session.commit(), abort: () => session.rollback() };
  }

  async close(): Promise<void> {
    await this.#writing.lock();
    this.#reader?.close();
    this.#writer?.close();
    this.#reader = undefined;
    this.#writer = undefined;
    this.#writing.unlock();
  }

  #connection(connection: SqliteConnection | undefined): SqliteConnection {
    if (!connection) throw new Error(`The database ${this.#path} is closed`);
    return connection;
  }

  async #untilFree<T>(work: () => T): Promise<T> {
    let backoff: Backoff | undefined;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (failureOf(error) !== 'busy') throw error;
        backoff ??= new Backoff(BUSY);
        if (!(await backoff.wait())) {
          throw databaseBusy(
            { service: this.#options.service, seconds: BUSY.deadlineMs / 1000 },
            { cause: error, retryable: true },
          );
        }
      }
    }
  }
}
