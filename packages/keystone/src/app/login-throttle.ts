import { createHmac } from 'node:crypto';
import type { DaemonEnv } from '@kumo/core/daemon';
import { type Db, isUnwritable } from '@kumo/core/db';
import { KumoError, unauthorized } from '@kumo/core/errors';
import type { Logger } from '@kumo/core/log';
import type { Kysely } from 'kysely';
import {
  changeThrottle,
  deleteOldThrottles,
  deleteThrottle,
  deleteThrottlesOf,
  findThrottle,
  giveBack,
} from '../db/login-throttles.ts';
import type { KeystoneTables } from '../db/schema.ts';
import type { LoginThrottleRow } from '../db/schema-passwords.ts';
import { tooManyGuesses } from '../errors.ts';
import type { LoginThrottleSettings } from '../passwords/throttle-settings.ts';
import { MeanwhileThrottle } from './meanwhile-throttle.ts';

/**
 * What is guessed at. `passcode`: without another factor before it; `second-passcode`: with one, so that strangers cannot use
 * up the tries of who knows the password.
 */
export type GuessKind = 'password' | 'secret' | 'signature' | 'passcode' | 'second-passcode';

export interface Guess {
  readonly kind: GuessKind;
  /** The account or key, as one text. */
  readonly subject: string;
  /** Whether there is such a thing; its tries are counted in either case. */
  readonly isKnown: boolean;
  /** Left out: all addresses count together. */
  readonly address?: string;
}

/** Rows that count for what does not exist, of each kind: more names than that share them. */
const SLOTS = 1 << 17;
/** Passcodes: each round of wrong ones that was used up doubles the next, up to 64 times; it is remembered for a day. */
const MOST_DOUBLINGS = 6;
const REMEMBERED_MS = 86_400_000;
const SWEEP_MS = 60_000;

/**
 * Bounds how often something is guessed, for all Keystones of the database together. A try is counted before it is looked at,
 * so that many at once gain nothing; a right one forgets what was counted.
 */
export class LoginThrottle {
  readonly #db: Db<KeystoneTables>;
  readonly #settings: LoginThrottleSettings;
  readonly #key: string;
  readonly #log: Logger;
  readonly #meanwhile = new MeanwhileThrottle();
  #sweptAt = Date.now();

  /** @param parts.key the same in all Keystones: nobody else knows which names share a row. */
  constructor(parts: { db: Db<KeystoneTables>; settings: LoginThrottleSettings; key: string; log: Logger }) {
    this.#db = parts.db;
    this.#settings = parts.settings;
    this.#key = parts.key;
    this.#log = parts.log;
  }

  /**
   * Looks at a guess, unless there were too many wrong ones.
   * @param look throws unauthorized when it is wrong; whatever else it throws says nothing of the guess and is not counted.
   * @throws unauthorized, with the cause tooManyGuesses; what `look` throws.
   */
  async during<T>(guess: Guess, look: () => Promise<T>): Promise<T> {
    const key = this.#keyOf(guess);
    const row = await this.#count(key, guess.kind);
    await this.#sweep();
    if (row.count > this.#most(guess.kind))
      throw unauthorized({}, { cause: tooManyGuesses({ kind: guess.kind, seconds: secondsTo(row.ends_at) }) });
    try {
      const result = await look();
      this.#meanwhile.forget(key.id);
      await this.#ifWritable(() => deleteThrottle(this.#db.q, key.id));
      return result;
    } catch (error) {
      if (!(error instanceof KumoError && unauthorized.is(error))) {
        this.#meanwhile.giveBack(row);
        await this.#ifWritable(() => giveBack(this.#db.q, row));
      }
      throw error;
    }
  }

  async #count(key: { id: string; subject: string }, kind: GuessKind): Promise<LoginThrottleRow> {
    const counted = (stored: LoginThrottleRow) => this.#counted(this.#meanwhile.over(stored), kind);
    try {
      const row = await changeThrottle(this.#db, key, counted);
      this.#meanwhile.forget(key.id);
      return row;
    } catch (error) {
      if (!isUnwritable(error)) throw error;
      const row = counted(await findThrottle(this.#db.q, key));
      this.#meanwhile.keep(row);
      return row;
    }
  }

  /** What a login does not depend on: on a full disk a count stays higher than it should be, until its time is over. */
  async #ifWritable(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isUnwritable(error)) throw error;
    }
  }

  /** Forgets whatever was wrong of an account that there is, from everywhere. */
  async forget(q: Kysely<KeystoneTables>, subject: string): Promise<void> {
    await deleteThrottlesOf(q, this.#digest([subject]).toString('hex'));
  }

  #counted(row: LoginThrottleRow, kind: GuessKind): LoginThrottleRow {
    const now = Date.now();
    if (now < row.ends_at) return { ...row, count: Math.min(row.count, this.#most(kind)) + 1 };
    const isPasscode = kind === 'passcode' || kind === 'second-passcode';
    const wasUsedUp = row.count > this.#most(kind) && now < row.forget_at;
    const rounds = isPasscode && wasUsedUp ? Math.min(row.rounds + 1, MOST_DOUBLINGS) : 0;
    const ends_at = now + this.#settings.windowSeconds * 1000 * 2 ** rounds;
    return { ...row, count: 1, rounds, ends_at, forget_at: ends_at + (isPasscode ? REMEMBERED_MS : 0) };
  }

  #most(kind: GuessKind): number {
    const { wrongPasscodes, wrongSecrets } = this.#settings;
    return kind === 'passcode' || kind === 'second-passcode' ? wrongPasscodes : wrongSecrets;
  }

  #keyOf({ kind, subject, isKnown, address = '' }: Guess): { id: string; subject: string } {
    const digest = this.#digest([subject, kind, address]);
    const [id, of] = [digest, this.#digest([subject])].map((one) => one.toString('hex')) as [string, string];
    const slot = `${kind} ${digest.readUInt32BE() % SLOTS}`;
    return isKnown ? { id, subject: of } : { id: slot, subject: slot };
  }

  #digest(of: readonly string[]): Buffer {
    return createHmac('sha256', this.#key).update(JSON.stringify(of)).digest();
  }

  async #sweep(): Promise<void> {
    const now = Date.now();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    try {
      await deleteOldThrottles(this.#db.q, now);
    } catch (error) {
      this.#log.warn({ err: error }, 'old counts of wrong logins could not be deleted; it is tried again in a minute');
    }
  }
}

/** The key that all Keystones of a cloud have. */
export function throttleKeyOf(env: DaemonEnv): string {
  return env.sharedSecret('login-throttle');
}

function secondsTo(ms: number): number {
  return Math.max(0, Math.ceil((ms - Date.now()) / 1000));
}
