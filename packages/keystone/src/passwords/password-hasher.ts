import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { argon2id, hash as hashArgon2, verify as verifyArgon2 } from 'argon2';
import { passwordTooLong } from '../errors.ts';
import { parseForeignHash } from './foreign-hashes.ts';
import { type LineOptions, type Turn, WaitingLine } from './waiting-line.ts';

const TAG_BYTES = 32;
const SALT_BYTES = 16;
const LANES = 1;
const ARGON2ID =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,88})\$([A-Za-z0-9+/]{16,88})$/;
/** Of how many kinds of hashes it is remembered how long they take. */
const KINDS = 32;

export interface HashingOptions extends LineOptions {
  readonly memoryKib: number;
  readonly passes: number;
  /** Bytes of a password that count. */
  readonly maxLength: number;
  /** Whether a longer one is refused instead of being cut. */
  readonly strictLength: boolean;
}

/**
 * Passwords as argon2id in PHC strings; hashes of an OpenStack Keystone are verified as well. The work is done by a bounded
 * number of the thread pool's threads: the event loop only waits.
 */
export class PasswordHasher {
  readonly #options: HashingOptions;
  readonly #line: WaitingLine;
  /** Of no password; verified where there is no hash, for the time that it takes. */
  readonly #nobody: string;
  /** Milliseconds that a verification takes at least, by the hash's kind. */
  readonly #leastMs = new Map<string, number>();

  constructor(options: HashingOptions) {
    this.#options = options;
    this.#line = new WaitingLine(options);
    this.#nobody = this.#phcString(randomBytes(SALT_BYTES), randomBytes(TAG_BYTES));
  }

  /** @throws unavailable when too many are waiting; passwordTooLong; the reason of the turn's signal. */
  async hash(password: string, turn?: Turn): Promise<string> {
    const bytes = this.#bytesOf(password);
    const { memoryKib, passes } = this.#options;
    const salt = randomBytes(SALT_BYTES);
    const cost = { memoryCost: memoryKib, timeCost: passes, parallelism: LANES, hashLength: TAG_BYTES };
    const tag = await this.#line.run(() => hashArgon2(bytes, { type: argon2id, ...cost, salt, raw: true }), turn);
    return this.#phcString(salt, tag);
  }

  /**
   * Whether it is the password of the hash. Without a hash (an unknown user, one without a password) as much work is done,
   * and every "no" takes as long as one about the slowest kind of hash that was met: no answer tells by its time.
   * @throws unavailable when too many are waiting; passwordTooLong; the reason of the turn's signal.
   */
  async verify(password: string, hash: string | undefined, turn?: Turn): Promise<boolean> {
    const bytes = this.#bytesOf(password);
    const { isRight, spentMs } = await this.#line.run(() => this.#measure(bytes, hash), turn);
    if (isRight) return true;
    const slowestMs = Math.max(...this.#leastMs.values());
    if (slowestMs > 2 * spentMs) await sleep(slowestMs - spentMs);
    return false;
  }

  /** Whether a hash is of another kind, or another cost, than those that are made now. */
  isOutdated(hash: string): boolean {
    const [, memoryKib, passes, lanes] = ARGON2ID.exec(hash) ?? [];
    const wanted = this.#options;
    return Number(memoryKib) !== wanted.memoryKib || Number(passes) !== wanted.passes || Number(lanes) !== LANES;
  }

  async #measure(bytes: Buffer, hash: string | undefined): Promise<{ isRight: boolean; spentMs: number }> {
    const { cost, verify } = this.#verifier(hash);
    const startedAt = performance.now();
    const isRight = await verify(bytes);
    const spentMs = performance.now() - startedAt;
    const known = this.#leastMs.get(cost);
    if (known !== undefined || this.#leastMs.size < KINDS)
      this.#leastMs.set(cost, Math.min(known ?? Number.POSITIVE_INFINITY, spentMs));
    return { isRight, spentMs };
  }

  #verifier(hash: string | undefined): { cost: string; verify: (password: Buffer) => Promise<boolean> } {
    const [, memoryKib, passes, lanes, salt, tag] = ARGON2ID.exec(hash ?? '') ?? [];
    if (hash !== undefined && salt !== undefined && tag !== undefined && isBase64(salt) && isBase64(tag))
      return { cost: `argon2id ${memoryKib} ${passes} ${lanes}`, verify: (password) => verifyArgon2(hash, password) };
    const foreign = hash === undefined ? undefined : parseForeignHash(hash);
    if (foreign) return foreign;
    const wanted = this.#options;
    const verify = async (password: Buffer) => {
      await verifyArgon2(this.#nobody, password);
      return false;
    };
    return { cost: `argon2id ${wanted.memoryKib} ${wanted.passes} ${LANES}`, verify };
  }

  /** As RFC 9106's reference program writes it; the library would put p before t, which not every reader takes. */
  #phcString(salt: Buffer, tag: Buffer): string {
    const { memoryKib, passes } = this.#options;
    return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${LANES}$${unpadded(salt)}$${unpadded(tag)}`;
  }

  /** No more of a password is hashed than counts (OSSA-2012-002). */
  #bytesOf(password: string): Buffer {
    const { maxLength, strictLength } = this.#options;
    const bytes = Buffer.from(password, 'utf8');
    if (bytes.length <= maxLength) return bytes;
    if (strictLength) throw passwordTooLong({ size: maxLength });
    return bytes.subarray(0, maxLength);
  }
}

/** Whether it is what some bytes are in base64 without padding. */
function isBase64(text: string): boolean {
  return unpadded(Buffer.from(text, 'base64')) === text;
}

/** In base64 without padding. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
