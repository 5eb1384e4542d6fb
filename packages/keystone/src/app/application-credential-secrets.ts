import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import type { Turn } from '../passwords/waiting-line.ts';

const GENERATED = '$sha256$';
const SECRET_BYTES = 64;
/** How long a secret that was right is known again without hashing it. */
const KNOWN_MS = 300_000;
const MAX_KNOWN = 10_000;

interface Owner {
  readonly id: string;
  readonly secretHash: string;
}

/**
 * Secrets of application credentials. Programs log in with them all day, so the right one must be cheap to check:
 *
 * - One that was made here is 64 random bytes. Nobody guesses it, stretching adds nothing: its SHA-256 is stored.
 * - One that a user chose may be weak and is stored as a password is. Once verified it is known again for five minutes by
 *   an HMAC under a key that only this process has, together with the stored hash it was right for.
 *
 * Comparisons are constant in time, and whatever is wrong (the secret, or that there is no such credential) costs the
 * same: one password hash.
 */
export class ApplicationCredentialSecrets {
  readonly #hasher: PasswordHasher;
  readonly #key = randomBytes(32);
  readonly #known = new Map<string, { readonly mac: Buffer; readonly until: number }>();

  constructor(hasher: PasswordHasher) {
    this.#hasher = hasher;
  }

  /** A new secret and what is to be stored of it. */
  generate(): { secret: string; hash: string } {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    return { secret, hash: GENERATED + digest(secret).toString('base64url') };
  }

  /** What is to be stored of a secret that a user chose. @throws unavailable when too many are waiting. */
  hash(secret: string, turn?: Turn): Promise<string> {
    return this.#hasher.hash(secret, turn);
  }

  /** Whether it is known at a glance that the secret is right. */
  recognises(secret: string, owner: Owner | undefined): boolean {
    if (!owner) return false;
    if (isGenerated(owner)) return isSame(digest(secret), storedDigest(owner.secretHash));
    const known = this.#known.get(owner.id);
    return known !== undefined && Date.now() < known.until && isSame(this.#mac(secret, owner), known.mac);
  }

  /** @throws unavailable when too many are waiting; the reason of the turn's signal. */
  async verify(secret: string, owner: Owner | undefined, turn?: Turn): Promise<boolean> {
    if (this.recognises(secret, owner)) return true;
    if (isGenerated(owner)) {
      await this.#hasher.verify(secret, undefined, turn);
      return false;
    }
    const isRight = await this.#hasher.verify(secret, owner?.secretHash, turn);
    if (isRight && owner) this.#remember(owner.id, this.#mac(secret, owner));
    return isRight;
  }

  #mac(secret: string, owner: Owner): Buffer {
    const about = JSON.stringify([owner.id, owner.secretHash, secret]);
    return createHmac('sha256', this.#key).update(about).digest();
  }

  #remember(id: string, mac: Buffer): void {
    this.#known.delete(id);
    this.#known.set(id, { mac, until: Date.now() + KNOWN_MS });
    // A Map keeps insertion order: the first is the oldest.
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) break;
      this.#known.delete(oldest);
    }
  }
}

/** Whether nobody guesses the secret: it was made here. */
export function isGenerated(owner: Owner | undefined): boolean {
  return owner?.secretHash.startsWith(GENERATED) === true;
}

function storedDigest(hash: string): Buffer {
  return Buffer.from(hash.slice(GENERATED.length), 'base64url');
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
