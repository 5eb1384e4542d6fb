import type { CompiledQuery, DatabaseConnection, Transaction } from 'kysely';
import type { Logger } from '../log/index.ts';
import { Backoff } from './backoff.ts';
import type { Engine, Result, Session } from './engine.ts';
import type { SharedEngine, TransactionScope } from './engine-registry.ts';
import { commitUnknown, databaseBusy, databaseUnavailable, diskError, transactionOver } from './errors.ts';
import { failureOf } from './failure.ts';
import { transactionOn } from './kysely-adapter.ts';
import { collectedFor, collectFor, type Message, type Outbox } from './outbox.ts';
import { type SqlParties, traced, tracedCommand } from './statement.ts';

const RETRY = { deadlineMs: 30_000, firstMs: 5, maxMs: 1000 };

export interface TransactionOptions extends SqlParties {
  service: string;
  log: Logger;
  outbox: Outbox;
  /** For the spans of BEGIN and COMMIT. */
  name?: string;
}

/** The connection of one attempt. */
export interface TransactionConnection extends DatabaseConnection {
  /** Runs an insert, and gives undefined in place of a unique violation, which here does not end the transaction (MySQL). */
  tryInsert(query: CompiledQuery): Promise<Result | undefined>;
}

/** See `Db.transaction`. */
export async function runTransaction<Schema, T>(
  shared: SharedEngine,
  options: TransactionOptions,
  work: (tx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  const backoff = new Backoff(RETRY);
  for (;;) {
    const attempt = await Attempt.start(shared.engine, options);
    const scope: TransactionScope = { isOpen: true };
    try {
      const result = await attempt.run<Schema, T>((tx) =>
        shared.scopes.run(scope, () => inScope(scope, () => work(tx))),
      );
      for (const message of attempt.messages) options.outbox.post(message);
      return result;
    } catch (error) {
      // Whoever is nudged looks; that there may be nothing to see does no harm.
      if (attempt.isCommitUnknown) for (const message of attempt.messages) options.outbox.post(message);
      const cause = attempt.error ?? error;
      const failure = attempt.isCommitUnknown ? 'other' : failureOf(cause);
      const { service, log } = options;
      if (failure !== 'lost' && failure !== 'conflict') throw diskError(service, cause) ?? error;
      if (backoff.attempts === 0 && failure === 'lost')
        log.warn({ err: cause }, 'a transaction lost its connection; running it again');
      if (await backoff.wait()) continue;
      if (failure === 'lost') throw databaseUnavailable({ service }, { cause, retryable: true });
      throw databaseBusy({ service, seconds: RETRY.deadlineMs / 1000 }, { cause, retryable: true });
    }
  }
}

/** What the callback started and did not wait for (a timer, a nudge) may use the database again afterwards. */
async function inScope<T>(scope: TransactionScope, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    scope.isOpen = false;
  }
}

class Attempt {
  readonly #engine: Engine;
  readonly #session: Session;
  readonly #options: TransactionOptions;
  #over: string | undefined;
  /** The first error that a statement met; whatever the callback made of it, the transaction cannot be committed. */
  error: unknown;
  isCommitUnknown = false;
  /** What is to follow the commit. */
  messages: readonly Message[] = [];

  static async start(engine: Engine, options: TransactionOptions): Promise<Attempt> {
    return new Attempt(engine, await engine.session(), options);
  }

  private constructor(engine: Engine, session: Session, options: TransactionOptions) {
    this.#engine = engine;
    this.#session = session;
    this.#options = options;
  }

  async run<Schema, T>(work: (tx: Transaction<Schema>) => Promise<T>): Promise<T> {
    let isBroken = true;
    try {
      await tracedCommand(this.#spanName('BEGIN'), this.#options, () => this.#remember(this.#session.begin()));
      const connection = this.#connection();
      const tx = transactionOn<Schema>(this.#engine.dialect, { provideConnection: (consumer) => consumer(connection) });
      this.messages = collectFor(tx);
      try {
        const result = await work(tx).finally(() => collectedFor(tx));
        this.#over ??= 'had ended';
        if (this.error) throw this.error;
        await this.#commit();
        isBroken = false;
        return result;
      } catch (error) {
        this.#over ??= 'had ended';
        isBroken = this.isCommitUnknown || !(await this.#rollback());
        throw error;
      }
    } finally {
      this.#session.release(isBroken);
    }
  }

  #spanName(command: string): string {
    const { name } = this.#options;
    return name === undefined ? command : `${command} ${name}`;
  }

  #connection(): TransactionConnection {
    const execute = (query: CompiledQuery) => traced(query, this.#options, () => this.#session.execute(query));
    return {
      executeQuery: async <R>(query: CompiledQuery) => {
        this.#refuseWhenOver();
        return this.#remember(execute(query)) as Promise<Result & { rows: R[] }>;
      },
      tryInsert: async (query) => {
        this.#refuseWhenOver();
        const attempted = execute(query).catch((error) => {
          if (failureOf(error) === 'unique') return undefined;
          throw error;
        });
        return this.#remember(attempted);
      },
      streamQuery: () => {
        throw new Error('Streaming is not offered: walk through a large table with pageQuery');
      },
    };
  }

  #refuseWhenOver(): void {
    const { service } = this.#options;
    if (this.error) throw transactionOver({ service, why: 'had failed' }, { cause: this.error });
    if (this.#over) throw transactionOver({ service, why: this.#over });
  }

  async #remember<T>(outcome: Promise<T>): Promise<T> {
    try {
      return await outcome;
    } catch (error) {
      this.error ??= error;
      throw error;
    }
  }

  async #commit(): Promise<void> {
    try {
      await tracedCommand(this.#spanName('COMMIT'), this.#options, () => this.#session.commit());
    } catch (cause) {
      this.error = cause;
      if (failureOf(cause) !== 'lost') throw cause;
      this.isCommitUnknown = true;
      throw commitUnknown({ service: this.#options.service }, { cause, retryable: true });
    }
  }

  /** False when the connection is of no more use. */
  async #rollback(): Promise<boolean> {
    if (failureOf(this.error) === 'lost') return false;
    try {
      await tracedCommand('ROLLBACK', this.#options, () => this.#session.rollback());
      return true;
    } catch (err) {
      this.#options.log.warn({ err }, 'a transaction could not be rolled back; its connection is closed');
      return false;
    }
  }
}
