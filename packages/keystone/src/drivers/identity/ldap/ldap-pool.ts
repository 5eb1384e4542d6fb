import { DirectoryDown } from '../directory.ts';
import type { LdapConnection } from './ldap-connection.ts';
import type { PoolOptions } from './ldap-options.ts';

const MAX_WAITING = 1_000;

interface Turn {
  resolve(): void;
  reject(error: Error): void;
}

/** At most so many connections at a time, kept for the next caller while they are young. */
export class LdapPool {
  readonly #options: PoolOptions;
  readonly #open: () => Promise<LdapConnection>;
  readonly #waitMs: number;
  readonly #idle: LdapConnection[] = [];
  readonly #turns: Turn[] = [];
  #taken = 0;
  #isClosed = false;

  constructor(options: PoolOptions & { waitMs: number; open: () => Promise<LdapConnection> }) {
    this.#options = options;
    this.#open = options.open;
    this.#waitMs = options.waitMs;
  }

  /**
   * Does `work` with a connection that nobody else uses meanwhile. A connection that lay idle may turn out to be lost:
   * then `work` is done once more with a new one, so it must be nothing that may not be done twice.
   * @throws DirectoryDown when there is no connection in time; what `work` throws.
   */
  async use<T>(work: (connection: LdapConnection) => Promise<T>): Promise<T> {
    await this.#takeTurn();
    try {
      const known = this.#takeIdle();
      if (known) {
        const startedAt = performance.now();
        try {
          return await this.#with(known, work);
        } catch (error) {
          const wasLost = error instanceof DirectoryDown && !known.isOpen;
          // After a long wait for an answer the caller has waited enough.
          if (!wasLost || performance.now() - startedAt > this.#waitMs / 2) throw error;
        }
      }
      const fresh = await this.#open();
      if (this.#options.lifetimeMs > 0) setTimeout(() => this.#drop(fresh), this.#options.lifetimeMs).unref();
      return await this.#with(fresh, work);
    } finally {
      this.#passTurn();
    }
  }

  /** From now on connections are closed after use. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  async #with<T>(connection: LdapConnection, work: (connection: LdapConnection) => Promise<T>): Promise<T> {
    try {
      return await work(connection);
    } finally {
      if (this.#isClosed || !this.#isYoung(connection)) connection.close();
      else this.#idle.push(connection);
    }
  }

  /** One that is too old while nobody uses it; in use, it goes afterwards. */
  #drop(connection: LdapConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (at >= 0) connection.close();
  }

  #takeIdle(): LdapConnection | undefined {
    for (let at = this.#idle.pop(); at; at = this.#idle.pop()) {
      if (this.#isYoung(at)) return at;
      at.close();
    }
    return undefined;
  }

  #isYoung(connection: LdapConnection): boolean {
    return connection.isOpen && performance.now() - connection.openedAt < this.#options.lifetimeMs;
  }

  async #takeTurn(): Promise<void> {
    if (this.#taken < this.#options.size) {
      this.#taken += 1;
      return;
    }
    if (this.#turns.length >= MAX_WAITING) throw new DirectoryDown('too many requests wait for the directory');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn = { resolve, reject };
    this.#turns.push(turn);
    const timer = setTimeout(() => {
      const at = this.#turns.indexOf(turn);
      if (at >= 0) this.#turns.splice(at, 1);
      reject(new DirectoryDown('no connection to the directory became free in time'));
    }, this.#waitMs);
    await promise.finally(() => clearTimeout(timer));
  }

  /** The next one in the queue takes the place over. */
  #passTurn(): void {
    const next = this.#turns.shift();
    if (next) next.resolve();
    else this.#taken -= 1;
  }
}
