import { createHash } from 'node:crypto';
import type { FernetKey } from '../tokens/fernet.ts';
import type { FernetKeyring } from '../tokens/fernet-keyring.ts';

const BLOCK_CHARACTERS = 4;

/** A credential's blob as it stands in the database. */
export interface SealedBlob {
  readonly encryptedBlob: string;
  /** Of the key that encrypted it. */
  readonly keyHash: string;
}

/** Encrypts credentials' blobs with keys of their own, laid out as Keystone does, so that either reads the other's rows. */
export class CredentialCipher {
  readonly #keys: FernetKeyring;

  constructor(keys: FernetKeyring) {
    this.#keys = keys;
  }

  /** The primary key's. Rows with another hash are to be encrypted anew before the next rotation. */
  get keyHash(): string {
    return hashOf(this.#keys.primary);
  }

  /** After `fresh()`: an idle node may not know yet that its primary key is gone. */
  seal(type: string, blob: string): SealedBlob {
    return this.sealLaidOut(Buffer.from(plainOf(type, blob), 'utf8'));
  }

  /** The same for what is laid out already: another Keystone's row, opened. */
  sealLaidOut(plain: Uint8Array): SealedBlob {
    const { keyHash } = this;
    return { encryptedBlob: padded(this.#keys.encrypt(plain)), keyHash };
  }

  /** Sees to it that other nodes' rotations are known. */
  async fresh(): Promise<void> {
    await this.#keys.fresh();
  }

  /** @throws Error when none of the keys made it. */
  async open(type: string, { encryptedBlob }: Pick<SealedBlob, 'encryptedBlob'>): Promise<string> {
    const opened = await this.#keys.decrypt(encryptedBlob);
    if (!opened) throw new Error(`a credential was encrypted with a key that is not in ${this.#keys.place}`);
    return blobOf(type, opened.plain.toString('utf8'));
  }
}

/** Keystone writes an EC2 credential's blob, itself JSON, as a JSON string; very old ones as an object. */
function plainOf(type: string, blob: string): string {
  return type === 'ec2' ? JSON.stringify(blob) : blob;
}

function blobOf(type: string, plain: string): string {
  if (type !== 'ec2') return plain;
  const value: unknown = JSON.parse(plain);
  return typeof value === 'string' ? value : plain;
}

/** SHA-1 of the key as text, as Keystone names keys. */
function hashOf({ signing, encryption }: FernetKey): string {
  const text = Buffer.concat([signing, encryption]).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return createHash('sha1').update(text).digest('hex');
}

function padded(token: string): string {
  return token.padEnd(Math.ceil(token.length / BLOCK_CHARACTERS) * BLOCK_CHARACTERS, '=');
}
