import { setTimeout as sleep } from 'node:timers/promises';
import { decryptFernet, encryptFernet, type FernetKey, isFernet, parseFernetKey } from './fernet.ts';
import type { KeyRotation, KeyStorage } from './key-storage.ts';

/** How long the keys are believed unchanged. A key is staged for hours before it becomes primary. */
const LOOK_AGAIN_MS = 1_000;
/** What no key made has the keys read again, but not more often than this, so that nonsense costs no more. */
const UNKNOWN_LOOK_MS = 20;

export interface OpenedFernet {
  readonly plain: Buffer;
  /** When it was made, in seconds since the epoch. */
  readonly seconds: number;
  /** The number of the key that made it. */
  readonly keyNumber: number;
}

interface NumberedKey extends FernetKey {
  readonly number: number;
}

/**
 * The Fernet keys of one repository: the highest number is the primary that encrypts, `0` is staged to become the next
 * primary, and all of them decrypt. Other processes' rotations are noticed without a bad moment: what a key that is not
 * known yet has made is looked at again after reading the keys anew.
 */
export class FernetKeyring {
  readonly #storage: KeyStorage;
  #keys: readonly NumberedKey[] = [];
  #stamp: string | undefined;
  #generation = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(storage: KeyStorage) {
    this.#storage = storage;
  }

  /** Reads the keys, which are made when there are none. @throws Error when they cannot be read. */
  static async open(storage: KeyStorage): Promise<FernetKeyring> {
    const keyring = new FernetKeyring(storage);
    await keyring.reread();
    return keyring;
  }

  /** Where they are kept, for messages to the operator. */
  get place(): string {
    return this.#storage.place;
  }

  /** The primary first, the staged one last. @throws Error when the keys could not be read lately. */
  get keys(): readonly NumberedKey[] {
    this.#lookAgain();
    return this.#keys;
  }

  /** Counts the changes: what was decrypted before the last one may be of a key that is gone. */
  get generation(): number {
    return this.#generation;
  }

  get primary(): NumberedKey {
    const [primary] = this.keys;
    if (!primary) throw new Error('there is no Fernet key');
    return primary;
  }

  /** Reads the keys anew when that was not done for a while; undefined: they are known. @throws Error */
  fresh(): Promise<void> | undefined {
    return performance.now() - this.#readAt < LOOK_AGAIN_MS ? undefined : this.reread();
  }

  /**
   * With the primary that is known: `await fresh()` before, or a node that was idle through several rotations encrypts
   * with a key that is gone.
   * @param seconds the time written into it, since the epoch. Default: now.
   */
  encrypt(plain: Uint8Array, seconds = Math.floor(Date.now() / 1000)): string {
    return encryptFernet(this.primary, plain, seconds);
  }

  /** Undefined for what none of the keys has made. How long it is valid is not looked at. */
  async decrypt(token: string): Promise<OpenedFernet | undefined> {
    await this.fresh();
    const found = decryptFernet(this.#keys, token) ?? (await this.#afterLooking(token));
    return found && { plain: found.plain, seconds: found.seconds, keyNumber: found.key.number };
  }

  async #afterLooking(token: string): Promise<ReturnType<typeof decryptFernet<NumberedKey>>> {
    if (!isFernet(token)) return undefined;
    const before = this.#keys;
    await sleep(Math.max(0, this.#readAt + UNKNOWN_LOOK_MS - performance.now()));
    await this.reread();
    return this.#keys === before ? undefined : decryptFernet(this.#keys, token);
  }

  /** Reads the keys, together with who else asks now. @throws Error when they cannot be read. */
  reread(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** @see KeyStorage.rotate */
  async rotate(maxActiveKeys: number): Promise<KeyRotation> {
    const rotation = await this.#storage.rotate(maxActiveKeys);
    await this.#rereadNow();
    return rotation;
  }

  /** Keys that only decrypt, newest first. @see KeyStorage.addOlder */
  async addOlder(texts: readonly string[]): Promise<void> {
    for (const text of texts) parseFernetKey(text);
    await this.#storage.addOlder(texts);
    await this.#rereadNow();
  }

  async #rereadNow(): Promise<void> {
    // One that is under way may have begun before.
    await this.#reading;
    await this.reread();
  }

  async #read(): Promise<void> {
    const startedAt = performance.now();
    const found = await this.#storage.read(this.#stamp);
    this.#readAt = startedAt;
    this.#failure = undefined;
    if (!found) return;
    const byNumber = found.keys.toSorted((a, b) => b.number - a.number);
    this.#keys = byNumber.map(({ number, text }) => ({ number, ...parseFernetKey(text) }));
    this.#stamp = found.stamp;
    this.#generation += 1;
  }

  /** In the background: until then the keys that are known do. What went wrong is told to the next who asks. */
  #lookAgain(): void {
    if (this.#failure) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
    if (performance.now() - this.#readAt < LOOK_AGAIN_MS || this.#reading) return;
    this.reread().catch((error: Error) => {
      this.#readAt = performance.now();
      this.#failure = error;
    });
  }
}
