import type { LoginThrottleRow } from '../db/schema-passwords.ts';

/** More names than this, tried while nothing can be written, are not told apart by whoever was first among them. */
const MOST = 10_000;

/**
 * Counts of guesses that the database could not take, because its disk is full: logins go on then, and guessing stays bounded,
 * by each Keystone on its own. The database takes the counts over with the next guess that it can count.
 */
export class MeanwhileThrottle {
  readonly #rows = new Map<string, LoginThrottleRow>();

  /** The higher count of the two, of those whose time is not over. */
  over(stored: LoginThrottleRow): LoginThrottleRow {
    const kept = this.#rows.get(stored.id);
    return kept && kept.ends_at > Date.now() && kept.count > stored.count ? kept : stored;
  }

  keep(row: LoginThrottleRow): void {
    this.#rows.delete(row.id);
    this.#rows.set(row.id, row);
    if (this.#rows.size > MOST) this.#rows.delete(this.#rows.keys().next().value!);
  }

  /** Takes one from the count of a row that is kept here; nothing happens for others. */
  giveBack(row: LoginThrottleRow): void {
    const kept = this.#rows.get(row.id);
    if (kept && kept.ends_at === row.ends_at && kept.count > 0) kept.count -= 1;
  }

  forget(id: string): void {
    this.#rows.delete(id);
  }
}
