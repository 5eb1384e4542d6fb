import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { unavailable } from '@kumo/core/errors';

const TAG_BYTES = 32;
const LANES = 1;
const PHC = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,88})\$([A-Za-z0-9+/]{16,88})$/;

export interface HashingOptions {
  readonly memoryKib: number;
  readonly passes: number;
  /** Hashed at the same time. */
  readonly concurrency: number;
  /** That may wait for their turn. */
  readonly waiting: number;
}

/** Passwords as argon2id in PHC strings, a bounded number of them at a time. */
export class PasswordHasher {
  readonly #options: HashingOptions;
  readonly #queue: (() => void)[] = [];
  #running = 0;
  /** Of no password; verified where there is no hash, for the time that it takes. */
  readonly #nobody: string;

  constructor(options: HashingOptions) {
    this.#options = options;
    this.#nobody = phc(options, randomBytes(16), randomBytes(TAG_BYTES));
  }

  /** @throws unavailable when too many are waiting. */
  async hash(password: string): Promise<string> {
    const { memoryKib, passes } = this.#options;
    const salt = randomBytes(16);
    const tag = await this.#derive(password, { salt, memoryKib, passes, lanes: LANES, bytes: TAG_BYTES });
    return phc(this.#options, salt, tag);
  }

  /**
   * Whether it is the password of the hash. Without a hash (an unknown user, one without a password) as much work is done.
   * @throws unavailable when too many are waiting.
   */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const known = PHC.exec(hash ?? '');
    const parsed = known ?? (PHC.exec(this.#nobody) as RegExpExecArray);
    const [, memoryKib, passes, lanes, salt, expected] = parsed;
    const tag = Buffer.from(expected as string, 'base64');
    const derived = await this.#derive(password, {
      salt: Buffer.from(salt as string, 'base64'),
      memoryKib: Number(memoryKib),
      passes: Number(passes),
      lanes: Number(lanes),
      bytes: tag.length,
    });
    return timingSafeEqual(derived, tag) && known !== null;
  }

  async #derive(
    password: string,
    cost: { salt: Buffer; memoryKib: number; passes: number; lanes: number; bytes: number },
  ): Promise<Buffer> {
    await this.#enter();
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        const parameters = {
          message: password,
          nonce: cost.salt,
          parallelism: cost.lanes,
          tagLength: cost.bytes,
          memory: cost.memoryKib,
          passes: cost.passes,
        };
        argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(key as Buffer)));
      });
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#options.concurrency) {
      this.#running += 1;
      return;
    }
    if (this.#queue.length >= this.#options.waiting)
      throw unavailable({ message: 'Too many logins are waiting: try again in a moment.' }, { retryable: true });
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  /** The turn passes to the next in line. */
  #leave(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#running -= 1;
  }
}

function phc({ memoryKib, passes }: HashingOptions, salt: Buffer, tag: Buffer): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${LANES}$${unpadded(salt)}$${unpadded(tag)}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
