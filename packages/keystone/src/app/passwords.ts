import { type Db, isUnwritable, nowIso } from '@kumo/core/db';
import { unauthorized } from '@kumo/core/errors';
import type { Logger } from '@kumo/core/log';
import type { Transaction } from 'kysely';
import { REVOCATIONS_TAG, userTag } from '../db/change-tags.ts';
import type { Changes } from '../db/changes.ts';
import { NOBODY } from '../db/login-failures.ts';
import { addPassword, newestPassword, newestPasswords, type Password, replaceHash } from '../db/passwords.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { findUser, setLastActive, type User } from '../db/users.ts';
import {
  accountLocked,
  notFound,
  passwordExpired,
  passwordNotOwn,
  passwordTooYoung,
  passwordUsedBefore,
} from '../errors.ts';
import { dayOf, daysTooYoung, endOfPassword, isEnabled, isExpired } from '../passwords/account-rules.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import type { PasswordPattern } from '../passwords/password-pattern.ts';
import type { SecurityCompliance } from '../passwords/password-settings.ts';
import type { Turn } from '../passwords/waiting-line.ts';
import type { Access } from './access.ts';
import { type AccountLocks, isExempt } from './account-locks.ts';
import type { DirectorySource } from './identity/directory-source.ts';
import type { Identities } from './identity/identities.ts';
import { type LoginClient, turnOf } from './login-client.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { newId } from './new-id.ts';
import { type Tried, triedOf } from './references.ts';
import type { RevokedTokens } from './revoked-tokens.ts';

type Tx = Transaction<KeystoneTables>;

interface PasswordsParts {
  readonly db: Db<KeystoneTables>;
  readonly changes: Changes;
  readonly access: Access;
  readonly identities: Identities;
  readonly revoked: RevokedTokens;
  readonly hasher: PasswordHasher;
  readonly locks: AccountLocks;
  readonly throttle: LoginThrottle;
  readonly compliance: SecurityCompliance;
  readonly pattern: PasswordPattern;
  readonly log: Logger;
}

/** Passwords of users: proving, setting and changing them, by the rules of `securityCompliance`. */
export class Passwords {
  readonly #parts: PasswordsParts;

  constructor(parts: PasswordsParts) {
    this.#parts = parts;
  }

  /**
   * A login: returns when it is the user's password and the user may log in. Whether the password is wrong, the account
   * locked or disabled, the user unknown (undefined), or guessed at too often, the answer is the same; but for the last it
   * takes as long.
   * @throws unauthorized; passwordExpired to who knows the password; unavailable when too many are waiting; the reason of
   * the client's signal; directoryUnavailable of a user in a directory.
   */
  async verify(tried: Tried, password: string, client: LoginClient): Promise<void> {
    const { user, directory } = tried;
    if (directory) return this.#throttled(tried, client, () => this.#proveThere(directory, user, password));
    const { user: known, current } = await this.#throttled(tried, client, () => this.#prove(tried, password, client));
    if (isExpired(known, current.expiresAt)) throw passwordExpired({ userId: known.id });
    await this.#remember(known);
  }

  /**
   * A new password that somebody else gives a user, to be stored with `save`.
   * @throws passwordUnfit, passwordTooLong
   */
  async prepare(user: Pick<User, 'id' | 'options'>, password: string): Promise<Password> {
    this.#parts.pattern.check(password);
    return this.#made(user, password, { selfService: false });
  }

  async save(tx: Tx, password: Password): Promise<void> {
    await addPassword(tx, password, this.#parts.compliance.uniqueLastPasswordCount);
  }

  /** A new password for a user, whose tokens end. @throws notFound, passwordUnfit, passwordTooLong */
  async set(userId: string, password: string): Promise<void> {
    const user = await findUser(this.#parts.db.q, userId);
    if (!user) throw notFound({ kind: 'user', id: userId });
    await this.#replace(await this.prepare(user, password));
  }

  /**
   * A user's own change; one that has expired can still be changed. The user's tokens end.
   * @throws unauthorized as `verify`; passwordUnfit, passwordNotOwn, passwordTooYoung, passwordUsedBefore; directoryReadOnly to
   * a user of a directory.
   */
  async change(
    userId: string,
    { original, password, client }: { original: string; password: string; client: LoginClient },
  ): Promise<void> {
    const { identities, compliance, pattern } = this.#parts;
    const known = await identities.findUser(userId);
    const tried = known ? triedOf(known) : { user: undefined, account: JSON.stringify([userId]) };
    const directory = known && (await identities.directoryOf(known));
    if (directory) {
      await this.#throttled(tried, client, () => this.#proveThere(directory, known, original));
      await identities.refuseDirectory({ id: userId });
    }
    const { user, current } = await this.#throttled(tried, client, () => this.#prove(tried, original, client));
    const turn = turnOf(client, tried.account);
    pattern.check(password);
    if (user.options.lock_password === true) throw passwordNotOwn();
    const daysLeft = current.selfService ? daysTooYoung(current.createdAt, compliance) : undefined;
    if (daysLeft !== undefined) throw passwordTooYoung({ days: compliance.minimumPasswordAge, daysLeft });
    await this.#refuseUsed(userId, password, turn);
    await this.#remember(user);
    await this.#replace(await this.#made(user, password, { selfService: true, turn }));
  }

  /** Who may be wrong as often as he likes without being locked may be so here, too: service users must come in. */
  #throttled<T>({ user, account }: Tried, { address }: LoginClient, look: () => Promise<T>): Promise<T> {
    if (user && isExempt(user)) return look();
    const guess = { kind: 'password', subject: account, isKnown: user !== undefined, address } as const;
    return this.#parts.throttle.during(guess, look);
  }

  /** The hash is looked at first whatever else is wrong, and the lock last: who guesses at once guesses not more often. */
  async #prove(
    { user, account }: Tried,
    password: string,
    client: LoginClient,
  ): Promise<{ user: User; current: Password }> {
    const { db, hasher, locks, access, compliance } = this.#parts;
    const turn = turnOf(client, account);
    const stored = await newestPassword(db.q, user?.id ?? NOBODY);
    const isRight = await hasher.verify(password, stored?.hash, turn);
    const failures = await locks.failuresOf(user);
    const isLocked = user !== undefined && locks.isLocked(user, failures);
    if (isLocked || !isRight) await locks.addFailure(isLocked ? undefined : user);
    if (isLocked) throw unauthorized({}, { cause: accountLocked({ userId: user.id }) });
    if (!user || !stored || !isRight) throw unauthorized();
    const domain = await access.domain(user.domainId);
    if (!isEnabled(user, compliance) || !domain?.enabled) throw unauthorized();
    if (failures) await this.#ifWritable(user.id, () => locks.forget(user));
    await this.#renew(stored, password, turn);
    return { user, current: stored };
  }

  /** The password is right if the user's directory says so; it also counts the failures. */
  async #proveThere(directory: DirectorySource, user: User | undefined, password: string): Promise<void> {
    const isRight = await directory.verifyPassword(user, password);
    const domain = user && (await this.#parts.access.domain(user.domainId));
    if (!user || !isRight || !user.enabled || !domain?.enabled) throw unauthorized();
  }

  /** A right password whose hash is outdated is hashed anew. Logging in does not depend on it. */
  async #renew(stored: Password, password: string, turn: Turn): Promise<void> {
    const { hasher, db, log } = this.#parts;
    if (!hasher.isOutdated(stored.hash)) return;
    try {
      await replaceHash(db.q, stored, await hasher.hash(password, turn));
    } catch (error) {
      log.warn({ err: error, userId: stored.userId }, 'a password could not be hashed anew');
    }
  }

  /** The day of a login. What is kept in memory of the user is only thrown away where somebody looks at that day. */
  async #remember(user: User): Promise<void> {
    const today = dayOf(Date.now());
    if (user.lastActiveOn === today) return;
    const { db, changes, compliance } = this.#parts;
    await this.#ifWritable(user.id, () =>
      compliance.disableUserAccountDaysInactive === undefined
        ? setLastActive(db.q, user.id, today)
        : changes.write((tx) => setLastActive(tx, user.id, today), [userTag(user.id)]),
    );
  }

  /** Logging in does not depend on it: on a full disk it is done at the next login. */
  async #ifWritable(userId: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isUnwritable(error)) throw error;
      this.#parts.log.warn({ err: error, userId }, 'what a login leaves could not be written');
    }
  }

  async #refuseUsed(userId: string, password: string, turn: Turn): Promise<void> {
    const { db, hasher, compliance } = this.#parts;
    const count = compliance.uniqueLastPasswordCount;
    if (count === 0) return;
    for (const one of await newestPasswords(db.q, userId, count))
      if (await hasher.verify(password, one.hash, turn)) throw passwordUsedBefore({ count });
  }

  async #made(
    user: Pick<User, 'id' | 'options'>,
    password: string,
    { selfService, turn }: { selfService: boolean; turn?: Turn },
  ): Promise<Password> {
    const hash = await this.#parts.hasher.hash(password, turn);
    const expiresAt = endOfPassword(user, this.#parts.compliance, { selfService });
    return { id: newId(), userId: user.id, hash, createdAt: nowIso(), expiresAt, selfService };
  }

  async #replace(password: Password): Promise<void> {
    const { changes, revoked } = this.#parts;
    await changes.write(
      async (tx) => {
        await this.save(tx, password);
        await revoked.revoke(tx, { userId: password.userId });
      },
      [userTag(password.userId), REVOCATIONS_TAG],
    );
  }
}
