import { createHmac } from 'node:crypto';

export const PERIOD_SECONDS = 30;
const DIGITS = 6;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BASE32 = /^[A-Z2-7]+=*$/;

/** The passcode of a period, counted from the epoch (RFC 6238 with SHA-1, RFC 4226 §5.3). */
export function passcodeOf(secret: Uint8Array, period: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(period));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const offset = (digest.at(-1) as number) & 0x0f;
  const number = digest.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** The bytes of a secret in base32 (RFC 4648), with or without its padding; undefined when it is none. */
export function base32Bytes(text: string): Buffer | undefined {
  const secret = text.trim();
  if (!BASE32.test(secret)) return undefined;
  const bytes: number[] = [];
  let [bits, count] = [0, 0];
  for (const letter of secret.replace(/=+$/, '')) {
    bits = (bits << 5) | ALPHABET.indexOf(letter);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 0xff);
    bits &= (1 << count) - 1;
  }
  return bytes.length === 0 ? undefined : Buffer.from(bytes);
}
