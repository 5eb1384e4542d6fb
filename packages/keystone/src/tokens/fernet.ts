import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { publicRandom } from './random-pool.ts';

const VERSION = 0x80;
/** Version, time, initialisation vector. */
const HEAD_BYTES = 1 + 8 + 16;
const MAC_BYTES = 32;
const BLOCK_BYTES = 16;

/** One key of the Fernet specification: 128 bits that sign and 128 bits that encrypt. */
export interface FernetKey {
  readonly signing: Buffer;
  readonly encryption: Buffer;
}

/**
 * Reads a key as it stands in a file: 32 bytes in url-safe base64.
 * @throws Error when it is none; the message does not show it.
 */
export function parseFernetKey(text: string): FernetKey {
  const bytes = Buffer.from(text.trim(), 'base64url');
  if (bytes.length !== 32) throw new Error('a Fernet key is 32 bytes in url-safe base64');
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) };
}

/** A new key as text, with its padding, as Keystone writes it. */
export function newFernetKey(): string {
  return `${randomBytes(32).toString('base64url')}=`;
}

/**
 * Encrypts and signs (github.com/fernet/spec); without the padding at the end, as Keystone sends its tokens.
 * @param seconds the time written into it, since the epoch.
 */
export function encryptFernet(key: FernetKey, plain: Uint8Array, seconds: number, iv = publicRandom(16)): string {
  const head = Buffer.alloc(9);
  head.writeUInt8(VERSION, 0);
  head.writeBigUInt64BE(BigInt(seconds), 1);
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv);
  const signed = Buffer.concat([head, iv, cipher.update(plain), cipher.final()]);
  return Buffer.concat([signed, createHmac('sha256', key.signing).update(signed).digest()]).toString('base64url');
}

/** Whether it could be a Fernet token at all, as far as one without the keys can tell. */
export function isFernet(token: string): boolean {
  return bytesOf(token) !== undefined;
}

/** What a Fernet token says, or undefined when no key made it. How long it is valid is not looked at. */
export function decryptFernet<K extends FernetKey>(
  keys: readonly K[],
  token: string,
): { plain: Buffer; seconds: number; key: K } | undefined {
  const bytes = bytesOf(token);
  if (!bytes) return undefined;
  const signed = bytes.subarray(0, -MAC_BYTES);
  const mac = bytes.subarray(-MAC_BYTES);
  for (const key of keys) {
    if (!timingSafeEqual(createHmac('sha256', key.signing).update(signed).digest(), mac)) continue;
    const decipher = createDecipheriv('aes-128-cbc', key.encryption, signed.subarray(9, HEAD_BYTES));
    try {
      const plain = Buffer.concat([decipher.update(signed.subarray(HEAD_BYTES)), decipher.final()]);
      return { plain, seconds: Number(signed.readBigUInt64BE(1)), key };
    } catch {
      // Signed by this key, but its padding is wrong: nobody who holds the key made it.
      return undefined;
    }
  }
  return undefined;
}

function bytesOf(token: string): Buffer | undefined {
  if (!/^gA[A-Za-z0-9_-]+={0,2}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const sealed = bytes.length - HEAD_BYTES - MAC_BYTES;
  return bytes[0] !== VERSION || sealed < BLOCK_BYTES || sealed % BLOCK_BYTES !== 0 ? undefined : bytes;
}
