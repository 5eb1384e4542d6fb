import type { Db } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import type { ChangeTag } from './change-tags.ts';
import type { KeystoneTables } from './schema.ts';

/** Changes that a process catches up with one by one; who is further behind takes all as changed. */
const MAX_BEHIND = 1_000;
const KEPT_LOG = 4 * MAX_BEHIND;
/** Touched things remembered; beyond, all is taken as changed once. */
const MAX_REMEMBERED = 100_000;
const MAX_TAGS_OF_CHANGE = 200;

/**
 * Every write counts one further and says what it touched, so that what is kept in memory of just that is thrown away:
 * at once in this process, and in others when they look next.
 */
export class Changes {
  readonly #db: Db<KeystoneTables>;
  readonly #checkMs: number;
  #version = 0;
  /** What was read under a smaller number is no longer to be trusted, whatever it is about. */
  #floor = 0;
  #touched = new Map<ChangeTag, number>();
  readonly #alsoTouched = new WeakMap<Transaction<KeystoneTables>, ChangeTag[]>();
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

  /** Whether something that is about all of `tags`, read under `version`, is true at the last version that was given. */
  isUntouched(tags: Iterable<ChangeTag>, version: number): boolean {
    if (version < this.#floor) return false;
    for (const tag of tags) if ((this.#touched.get(tag) ?? 0) > version) return false;
    return true;
  }

  /** What a write touches besides what it names itself: said by who is only handed the transaction. */
  touch(tx: Transaction<KeystoneTables>, ...tags: ChangeTag[]): void {
    const known = this.#alsoTouched.get(tx);
    if (known) known.push(...tags);
    else this.#alsoTouched.set(tx, tags);
  }

  /**
   * A transaction that changes data. `work` as for `Db.transaction`.
   * @param touches what it changes, from `change-tags.ts`; left out, anything: then nobody keeps anything.
   */
  async write<T>(
    work: (tx: Transaction<KeystoneTables>) => Promise<T>,
    touches?: readonly ChangeTag[] | ((result: T) => readonly ChangeTag[] | undefined),
  ): Promise<T> {
    try {
      return await this.#db.transaction(async (tx) => {
        const result = await work(tx);
        const named = typeof touches === 'function' ? touches(result) : touches;
        await this.#count(tx, named && [...named, ...(this.#alsoTouched.get(tx) ?? [])]);
        return result;
      });
    } finally {
      // Also after an error: it may have been committed.
      this.#writes += 1;
      this.#checkedAt = Number.NEGATIVE_INFINITY;
      this.#looking = undefined;
    }
  }

  /** The counter's row is locked until the end of the transaction: the numbers come in the order of the commits. */
  async #count(tx: Transaction<KeystoneTables>, tags: readonly ChangeTag[] | undefined): Promise<void> {
    await tx
      .updateTable('changes')
      .set((eb) => ({ counter: eb('counter', '+', 1) }))
      .where('id', '=', 1)
      .execute();
    if (!tags || tags.length > MAX_TAGS_OF_CHANGE) return;
    const { counter } = await tx.selectFrom('changes').select('counter').where('id', '=', 1).executeTakeFirstOrThrow();
    await tx
      .insertInto('change_log')
      .values({ counter, tags: JSON.stringify([...new Set(tags)]) })
      .execute();
    if (counter % MAX_BEHIND === 0)
      await tx
        .deleteFrom('change_log')
        .where('counter', '<', counter - KEPT_LOG)
        .execute();
  }

  async #look(): Promise<number> {
    const writes = this.#writes;
    const startedAt = performance.now();
    const { counter } = await this.#db.q
      .selectFrom('changes')
      .select('counter')
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    if (counter > this.#version) await this.#catchUp(this.#version, counter);
    if (writes === this.#writes) this.#checkedAt = startedAt;
    return this.#version;
  }

  /** A number without a row in the log is a change that did not say what it touched. */
  async #catchUp(from: number, to: number): Promise<void> {
    const rows =
      from === 0 || to - from > MAX_BEHIND
        ? []
        : await this.#db.q
            .selectFrom('change_log')
            .selectAll()
            .where('counter', '>', from)
            .where('counter', '<=', to)
            .execute();
    for (const { counter, tags } of rows)
      for (const tag of JSON.parse(tags) as ChangeTag[])
        this.#touched.set(tag, Math.max(counter, this.#touched.get(tag) ?? 0));
    if (rows.length < to - from || this.#touched.size > MAX_REMEMBERED) {
      this.#floor = Math.max(this.#floor, to);
      this.#touched.clear();
    }
    this.#version = Math.max(this.#version, to);
  }
}
