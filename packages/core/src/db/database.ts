import type { CompiledQuery, DatabaseConnection, Kysely, Transaction } from 'kysely';
import type { Logger } from '../log/index.ts';
import type { DialectName } from './engine.ts';
import { acquireEngine, type SharedEngine } from './engine-registry.ts';
import { diskError, queryInsideTransaction } from './errors.ts';
import { kyselyOn } from './kysely-adapter.ts';
import { type Migration, migrate } from './migration.ts';
import { type Message, Outbox } from './outbox.ts';
import { isRead, type SqlParties, traced } from './statement.ts';
import { runTransaction } from './transaction.ts';

/** A service's own database. */
export interface Db<Schema> {
  /** For statements outside of a transaction; inside a transaction's callback it throws `queryInsideTransaction`. */
  readonly q: Kysely<Schema>;
  readonly dialect: DialectName;
  readonly service: string;
  /**
   * Runs `work` in a transaction (READ COMMITTED; on SQLite serialised, `BEGIN IMMEDIATE`) and commits what it did, or
   * rolls all of it back when it throws. Run again as a whole after a deadlock, a serialisation error, or a connection
   * that was lost before COMMIT was sent: `work` must do nothing but SQL through `tx`.
   *
   * After a statement's error the transaction is over, as PostgreSQL has it: catch a unique violation outside, or use `insertIgnore`.
   *
   * What must follow the change is given to `afterCommit(tx, …)`; nothing here waits for it.
   *
   * `name` shows in the trace: `COMMIT createServer`.
   *
   * @throws commitUnknown when the connection was lost during COMMIT; databaseBusy or databaseUnavailable at the deadline;
   * databaseFull or databaseUnwritable (with `Retry-After`) when the disk does not take it.
   */
  transaction<T>(work: (tx: Transaction<Schema>) => Promise<T>, options?: { name?: string }): Promise<T>;
  /** Like `afterCommit`, for what follows no transaction: sent at once, in the background. Never throws. */
  post(message: Message): void;
  /** Gives messages that are being sent a second. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** See `parseDatabaseUrl`. */
  url: string;
  /** Whose database it is, e.g. `cinder`: migrations are recorded under it. */
  service: string;
  /** The daemon that opens it, e.g. `cinder-api`, for traces. */
  from: string;
  migrations: readonly Migration[];
  log: Logger;
  /** Migrates nothing, changes nothing. */
  readonly?: boolean;
}

/**
 * Opens a database, makes it when it does not exist and its user may, and brings its tables up to date. Safe to call
 * from several processes at once.
 *
 * @throws databaseUrlInvalid, databaseMissing, databaseNewer, databaseUnavailable (after 30 s).
 */
export async function openDatabase<Schema>(options: OpenOptions): Promise<Db<Schema>> {
  const { url, service, from, migrations, log, readonly = false } = options;
  const shared = await acquireEngine(url, { service, log, readonly });
  try {
    await migrate(shared.engine, { service, migrations, log, readonly });
  } catch (error) {
    await shared.release();
    throw error;
  }
  return makeDb(shared, { service, from, to: `${service} database`, log });
}

interface DbOptions extends SqlParties {
  service: string;
  log: Logger;
}

function makeDb<Schema>(shared: SharedEngine, options: DbOptions): Db<Schema> {
  const { engine, scopes } = shared;
  const { service, log } = options;
  const outbox = new Outbox(service, log);
  const outside = () => {
    if (scopes.getStore()?.isOpen) throw queryInsideTransaction({ service });
  };
  const connection = {
    executeQuery: async (query: CompiledQuery) => {
      outside();
      return traced(query, options, async () => {
        try {
          return await engine.run(query, isRead(query));
        } catch (error) {
          throw diskError(service, error) ?? error;
        }
      });
    },
    streamQuery: () => {
      throw new Error('Streaming is not offered: walk through a large table with pageQuery');
    },
  } as DatabaseConnection;
  return {
    q: kyselyOn<Schema>(engine.dialect, { provideConnection: (consumer) => consumer(connection) }),
    dialect: engine.dialect,
    service,
    async transaction(work, { name } = {}) {
      outside();
      return runTransaction(shared, { ...options, outbox, name }, work);
    },
    post: (message) => outbox.post(message),
    async close() {
      await outbox.close();
      await shared.release();
    },
  };
}
