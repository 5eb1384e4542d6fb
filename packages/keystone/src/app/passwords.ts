import { type Db, fromIso } from '@kumo/core/db';
import type { KeystoneTables } from '../db/schema.ts';
import { newestPassword } from '../db/users.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';

/** Whether passwords are right. */
export class Passwords {
  readonly #db: Db<KeystoneTables>;
  readonly #hasher: PasswordHasher;

  constructor(parts: { db: Db<KeystoneTables>; hasher: PasswordHasher }) {
    this.#db = parts.db;
    this.#hasher = parts.hasher;
  }

  /** Whether it is the user's password; as slow for users who have none, or do not exist. */
  async isPassword(userId: string | undefined, password: string): Promise<boolean> {
    const stored = userId === undefined ? undefined : await newestPassword(this.#db.q, userId);
    const isRight = await this.#hasher.verify(password, stored?.hash);
    return isRight && (stored?.expiresAt == null || fromIso(stored.expiresAt) > Date.now());
  }
}
