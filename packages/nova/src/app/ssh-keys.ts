import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { keyPairInvalid } from '../errors.ts';

const TYPES = new Set([
  'ssh-rsa',
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]);
const MIN_RSA_BITS = 1024;

export interface SshKey {
  publicKey: string;
  fingerprint: string;
}

/** A public key as OpenSSH writes it, one line. @throws 400 when it is none. */
export function readPublicKey(text: string): SshKey {
  const line = text.trim();
  if (/[\r\n]/.test(line))
    throw keyPairInvalid({ reason: 'failed to generate fingerprint: it has more than one line' });
  const [type = '', data = ''] = line.split(/\s+/);
  if (!TYPES.has(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(data))
    throw keyPairInvalid({ reason: 'failed to generate fingerprint' });
  const blob = Buffer.from(data, 'base64');
  const fields = wireStrings(blob);
  if (fields?.[0]?.toString('latin1') !== type || fields.length < 2)
    throw keyPairInvalid({ reason: 'failed to generate fingerprint' });
  if (type === 'ssh-rsa' && bitsOf(fields[2]) < MIN_RSA_BITS)
    throw keyPairInvalid({ reason: `an RSA key needs at least ${MIN_RSA_BITS} bits` });
  return { publicKey: text, fingerprint: fingerprintOf(blob) };
}

const bitsOf = (number: Buffer | undefined) => (number === undefined ? 0 : number.length * 8);

/** The length-prefixed strings of an SSH blob (RFC 4253 §6.6); undefined when they do not add up. */
function wireStrings(blob: Buffer): Buffer[] | undefined {
  const found: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const length = blob.readUInt32BE(at);
    const end = at + 4 + length;
    if (end > blob.length) return undefined;
    found.push(blob.subarray(at + 4, end));
    at = end;
  }
  return found;
}

/** MD5 in pairs, as Nova shows it. */
function fingerprintOf(blob: Buffer): string {
  return createHash('md5').update(blob).digest('hex').match(/../g)!.join(':');
}

/** A new RSA key of 2048 bits, as Nova makes it up to 2.91: the private key in PEM, which is kept nowhere. */
export async function newSshKey(): Promise<SshKey & { privateKey: string }> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = pair.publicKey.export({ format: 'jwk' });
  const blob = Buffer.concat([
    wireString(Buffer.from('ssh-rsa')),
    wireString(positive(Buffer.from(e, 'base64url'))),
    wireString(positive(Buffer.from(n, 'base64url'))),
  ]);
  return {
    privateKey: pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    publicKey: `ssh-rsa ${blob.toString('base64')} Generated-by-Nova`,
    fingerprint: fingerprintOf(blob),
  };
}

function wireString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A leading zero keeps a number whose first bit is set from being read as negative. */
const positive = (bytes: Buffer) => ((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
