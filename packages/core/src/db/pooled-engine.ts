import { CompiledQuery as Compiled, type CompiledQuery } from 'kysely';
import { Backoff } from './backoff.ts';
import { bindable } from './bind.ts';
import type { DialectName, Engine, EngineOptions, Result, Session } from './engine.ts';
import { commitUnknown, databaseBusy, databaseUnavailable } from './errors.ts';
import { failureOf } from './failure.ts';

/** One connection of mysql2's or pg's pool. */
export interface PooledConnection {
  query(sql: string, parameters: (string | number | bigint | null | Uint8Array)[]): Promise<Result>;
  release(broken: boolean): void;
}

/** What differs between MySQL and PostgreSQL; everything about lost connections is here, once. */
export interface Pool {
  readonly dialect: DialectName;
  /** A connection whose session is set up; rejects when the server cannot be reached. */
  connect(): Promise<PooledConnection>;
  /** Creates the database; called when the server says that there is none. */
  createDatabase(): Promise<void>;
  /** Takes the lock that keeps two starters from migrating at once; see `Engine.lockMigrations`. */
  lockMigrations(session: Session): Promise<{ finish(): Promise<void>; abort(): Promise<void> }>;
  close(): Promise<void>;
}

const START = { deadlineMs: 30_000, firstMs: 100, maxMs: 2000 };
const RUNNING = { deadlineMs: 10_000, firstMs: 20, maxMs: 500 };

export class PooledEngine implements Engine {
  readonly dialect: DialectName;
  readonly #pool: Pool;
  readonly #options: EngineOptions;

  constructor(pool: Pool, options: EngineOptions) {
    this.dialect = pool.dialect;
    this.#pool = pool;
    this.#options = options;
  }

  async open(): Promise<void> {
    const connection = await this.#connect(new Backoff(START)).catch(async (error) => {
      if (failureOf(error) !== 'missingDatabase' || this.#options.readonly) throw error;
      await this.#pool.createDatabase();
      return this.#connect(new Backoff(START));
    });
    connection.release(false);
  }

  async run(query: CompiledQuery, isRead: boolean): Promise<Result> {
    const backoff = new Backoff(RUNNING);
    const parameters = bindable(query.parameters);
    for (;;) {
      const connection = await this.#connect(backoff);
      try {
        const result = await connection.query(query.sql, parameters);
        connection.release(false);
        return result;
      } catch (cause) {
        const failure = failureOf(cause);
        connection.release(failure === 'lost');
        const { service } = this.#options;
        if (failure === 'conflict') {
          // The victim of a deadlock was rolled back whole: a single statement is its own transaction.
          if (await backoff.wait()) continue;
          throw databaseBusy({ service, seconds: RUNNING.deadlineMs / 1000 }, { cause, retryable: true });
        }
        if (failure !== 'lost') throw cause;
        if (!isRead) throw commitUnknown({ service }, { cause, retryable: true });
        if (!(await backoff.wait())) throw databaseUnavailable({ service }, { cause, retryable: true });
      }
    }
  }

  async session(): Promise<Session> {
    const connection = await this.#connect(new Backoff(RUNNING));
    const command = async (sql: string) => void (await connection.query(sql, []));
    return {
      execute: (query) => connection.query(query.sql, bindable(query.parameters)),
      begin: () => command('begin'),
      commit: () => command('commit'),
      rollback: () => command('rollback'),
      release: (broken) => connection.release(broken),
    };
  }

  lockMigrations(session: Session) {
    return this.#pool.lockMigrations(session);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #connect(backoff: Backoff): Promise<PooledConnection> {
    for (;;) {
      try {
        return await this.#pool.connect();
      } catch (cause) {
        if (failureOf(cause) !== 'lost') throw cause;
        const { service, log } = this.#options;
        const isFirst = backoff.attempts === 0;
        if (!(await backoff.wait())) throw databaseUnavailable({ service }, { cause, retryable: true });
        if (isFirst)
          log.warn(
            { err: cause },
            'the database does not answer; trying again: is it up, and is the setting database right?',
          );
      }
    }
  }
}

/** For the few statements that the dialects themselves need. */
export const rawSql = (sql: string, parameters: unknown[] = []): CompiledQuery => Compiled.raw(sql, parameters);
