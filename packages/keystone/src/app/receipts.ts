import { decode, encode } from '@msgpack/msgpack';
import type { FernetKeyring } from '../tokens/fernet-keyring.ts';
import { packId, packMethods, unpackId, unpackMethods } from '../tokens/packed-values.ts';

const LONGEST_RECEIPT = 1024;

/** What a user proved so far of a login that asks for several methods. */
export interface Receipt {
  readonly userId: string;
  readonly methods: readonly string[];
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

interface ReceiptParts {
  readonly keys: FernetKeyring;
  readonly expirationSeconds: number;
  /** The configured login methods; their places are bits in receipts. */
  readonly configured: readonly string[];
}

/** Receipts of unfinished logins: Fernet, in Keystone's own layout, nothing is stored. */
export class Receipts {
  readonly #parts: ReceiptParts;

  constructor(parts: ReceiptParts) {
    this.#parts = parts;
  }

  async issue(userId: string, methods: readonly string[]): Promise<{ text: string; receipt: Receipt }> {
    const { keys, expirationSeconds, configured } = this.#parts;
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresAt = issuedAt + expirationSeconds;
    const payload = [packId(userId), packMethods(methods, configured)].map((part) => encode(part));
    payload.push(encode(expiresAt, { forceIntegerToFloat: true }));
    await keys.fresh();
    const text = keys.encrypt(Buffer.concat([Buffer.from([0x90 | payload.length]), ...payload]), issuedAt);
    return { text, receipt: { userId, methods, issuedAt, expiresAt } };
  }

  /** Undefined for what is no receipt of ours, or has run out. */
  async read(text: string): Promise<Receipt | undefined> {
    if (text.length > LONGEST_RECEIPT) return undefined;
    const opened = await this.#parts.keys.decrypt(text);
    const receipt = opened && receiptOf(opened.plain, this.#parts.configured);
    if (!opened || !receipt || Date.now() / 1000 >= receipt.expiresAt) return undefined;
    return { ...receipt, issuedAt: opened.seconds };
  }
}

function receiptOf(plain: Uint8Array, configured: readonly string[]): Omit<Receipt, 'issuedAt'> | undefined {
  let payload: unknown;
  try {
    payload = decode(plain);
  } catch {
    return undefined;
  }
  if (!Array.isArray(payload) || payload.length !== 3) return undefined;
  const [user, bits, expiresAt] = payload as unknown[];
  const userId = unpackId(user);
  const methods = unpackMethods(bits, configured);
  if (userId === undefined || methods === undefined || typeof expiresAt !== 'number') return undefined;
  return { userId, methods, expiresAt };
}
