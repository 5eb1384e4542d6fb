import { type Db, isForeignKeyViolation, isUnwritable, nowIso, toIso } from '@kumo/core/db';
import { REVOCATIONS_TAG, userTag } from '../db/change-tags.ts';
import type { Changes } from '../db/changes.ts';
import {
  addFailure,
  deleteFailures,
  findFailures,
  insertLock,
  type LoginFailures,
  NOBODY,
} from '../db/login-failures.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { findUser, type User } from '../db/users.ts';
import { notFound } from '../errors.ts';
import type { SecurityCompliance } from '../passwords/password-settings.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { triedOf } from './references.ts';
import type { RevokedTokens } from './revoked-tokens.ts';

interface AccountLocksParts {
  readonly db: Db<KeystoneTables>;
  readonly changes: Changes;
  readonly revoked: RevokedTokens;
  readonly throttle: LoginThrottle;
  readonly compliance: SecurityCompliance;
}

/** Accounts that are locked: after too many wrong logins by whatever can be guessed, or by an operator. */
export class AccountLocks {
  readonly #parts: AccountLocksParts;

  constructor(parts: AccountLocksParts) {
    this.#parts = parts;
  }

  /** What is remembered of the user's wrong logins; nobody's of a user that does not exist. */
  failuresOf(user: User | undefined): Promise<LoginFailures | undefined> {
    return findFailures(this.#parts.db.q, user?.id ?? NOBODY);
  }

  /** @param what a factor that nobody guesses: only an operator's lock is one for it. */
  isLocked(user: User, failures: LoginFailures | undefined, { isGuessable = true } = {}): boolean {
    if (failures?.isLocked) return true;
    const { lockoutFailureAttempts } = this.#parts.compliance;
    if (!isGuessable || !failures || lockoutFailureAttempts === undefined || isExempt(user)) return false;
    return failures.count >= lockoutFailureAttempts && failures.failedAt >= this.#forgetBefore();
  }

  /** A wrong password, passcode or secret. For a user that does not exist as much is written, so that it takes as long (OSSA-2021-003). */
  async addFailure(user: User | undefined): Promise<void> {
    if (this.#parts.compliance.lockoutFailureAttempts === undefined) return;
    try {
      await this.#count(user?.id ?? NOBODY);
    } catch (error) {
      // On a full disk the throttle still bounds the guesses; that a guess was wrong must not show in another answer.
      if (isUnwritable(error)) return;
      if (!isForeignKeyViolation(error)) throw error;
      // The user was deleted meanwhile, or lives in a directory that counts itself.
      await this.#count(NOBODY);
    }
  }

  /** Deletes the failures that were counted, after a right password. */
  async forget(user: User): Promise<void> {
    await deleteFailures(this.#parts.db.q, user.id);
  }

  /** Nobody logs in as this user, by whatever factor, until it is unlocked or enabled again; its tokens end. @throws notFound */
  async lock(userId: string): Promise<void> {
    const { changes, revoked } = this.#parts;
    await this.#get(userId);
    await changes.write(
      async (tx) => {
        await insertLock(tx, userId, nowIso());
        await revoked.revoke(tx, { userId });
      },
      [userTag(userId), REVOCATIONS_TAG],
    );
  }

  /** Both kinds of locks, and all wrong logins that were counted. @throws notFound */
  async unlock(userId: string): Promise<void> {
    const user = await this.#get(userId);
    await deleteFailures(this.#parts.db.q, user.id);
    await this.#parts.throttle.forget(this.#parts.db.q, triedOf(user).account);
  }

  async #get(id: string): Promise<User> {
    const user = await findUser(this.#parts.db.q, id);
    if (!user) throw notFound({ kind: 'user', id });
    return user;
  }

  #count(id: string): Promise<void> {
    return this.#parts.db.transaction((tx) => addFailure(tx, id, nowIso(), this.#forgetBefore()));
  }

  #forgetBefore(): string {
    return toIso(Date.now() - this.#parts.compliance.lockoutDuration * 1000);
  }
}

/** Whether wrong logins never lock it: of users whose secrets nobody guesses, and who must come in. */
export function isExempt({ options }: User): boolean {
  return options.ignore_lockout_failure_attempts === true;
}
