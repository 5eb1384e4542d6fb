import type { Db } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import type { KeystoneTables } from './schema.ts';

/**
 * Every write counts one further, so that what is kept in memory is thrown away: at once in this process, and in others
 * when they look next.
 */
export class Changes {
  readonly #db: Db<KeystoneTables>;
  readonly #checkMs: number;
  #version = 0;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #writes = 0;
  #looking: Promise<number> | undefined;

  constructor(db: Db<KeystoneTables>, checkMs: number) {
    this.#db = db;
    this.#checkMs = checkMs;
  }

  /** The state of the data: what was read under the same number is still true. */
  version(): number | Promise<number> {
    if (performance.now() - this.#checkedAt < this.#checkMs) return this.#version;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** A transaction that changes data. `work` as for `Db.transaction`. */
  async write<T>(work: (tx: Transaction<KeystoneTables>) => Promise<T>): Promise<T> {
    try {
      return await this.#db.transaction(async (tx) => {
        const result = await work(tx);
        await tx
          .updateTable('changes')
          .set((eb) => ({ counter: eb('counter', '+', 1) }))
          .where('id', '=', 1)
          .execute();
        return result;
      });
    } finally {
      // Also after an error: it may have been committed.
      this.#writes += 1;
      this.#checkedAt = Number.NEGATIVE_INFINITY;
      this.#looking = undefined;
    }
  }

  async #look(): Promise<number> {
    const writes = this.#writes;
    const startedAt = performance.now();
    const { counter } = await this.#db.q
      .selectFrom('changes')
      .select('counter')
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    if (writes !== this.#writes) return Math.max(counter, this.#version);
    this.#version = counter;
    this.#checkedAt = startedAt;
    return counter;
  }
}
