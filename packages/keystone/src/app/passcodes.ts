import type { Db } from '@kumo/core/db';
import type { KeystoneTables } from '../db/schema.ts';
import { takePasscode } from '../db/used-passcodes.ts';

/** Which passcodes were taken, by all Keystones of the database together. */
export class Passcodes {
  readonly #db: Db<KeystoneTables>;

  constructor(db: Db<KeystoneTables>) {
    this.#db = db;
  }

  /**
   * Takes the passcode of a period, once.
   * @param oldest periods before this one are never asked for again.
   * @returns whether it was there to take.
   */
  take(userId: string, period: number, oldest: number): Promise<boolean> {
    return this.#db.transaction((tx) => takePasscode(tx, { user_id: userId, period }, oldest));
  }
}
