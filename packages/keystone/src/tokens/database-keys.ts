import { createHash } from 'node:crypto';
import type { Db } from '@kumo/core/db';
import { addKeys, replaceKeys, type SealedKey, sealedKeys } from '../db/fernet-keys.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { newFernetKey } from './fernet.ts';
import type { KeyEncryptionKey } from './key-encryption-key.ts';
import { type KeyRotation, type KeyStorage, STAGED, type StoredKey, shiftedBy, surplusOf } from './key-storage.ts';

/** Keys in the database, where every node finds them, each sealed with a key that only the nodes have. */
export class DatabaseKeys implements KeyStorage {
  readonly place: string;
  readonly #db: Db<KeystoneTables>;
  readonly #repository: string;
  readonly #sealing: KeyEncryptionKey;

  constructor(parts: { db: Db<KeystoneTables>; repository: string; sealing: KeyEncryptionKey }) {
    this.place = `the database’s keys for ${parts.repository}`;
    this.#db = parts.db;
    this.#repository = parts.repository;
    this.#sealing = parts.sealing;
  }

  async read(known?: string): Promise<{ stamp: string; keys: StoredKey[] } | undefined> {
    let rows = await sealedKeys(this.#db, this.#repository);
    if (rows.length === 0) {
      await addKeys(this.#db, this.#repository, [this.#newKey(STAGED), this.#newKey(1)]);
      rows = await sealedKeys(this.#db, this.#repository);
    }
    const stamp = stampOf(rows);
    if (stamp === known) return undefined;
    return { stamp, keys: rows.map(({ number, sealed }) => ({ number, text: this.#open(sealed) })) };
  }

  async rotate(maxActiveKeys: number): Promise<KeyRotation> {
    const decide = (numbers: readonly number[]) => {
      const primary = Math.max(STAGED, ...numbers) + 1;
      const remove = surplusOf([...numbers, primary], maxActiveKeys);
      return { primary, rename: [[STAGED, primary] as [number, number]], remove };
    };
    const { primary, remove } = await replaceKeys(this.#db, this.#repository, {
      decide,
      added: [this.#newKey(STAGED)],
    });
    return { primary, removed: remove };
  }

  async addOlder(texts: readonly string[]): Promise<void> {
    const decide = (numbers: readonly number[]) => ({ rename: shiftedBy(texts.length, numbers), remove: [] });
    const added = texts.map((text, at) => this.#sealed(texts.length - at, text));
    await replaceKeys(this.#db, this.#repository, { decide, added });
  }

  #newKey(number: number): SealedKey {
    return this.#sealed(number, newFernetKey());
  }

  #sealed(number: number, text: string): SealedKey {
    return { number, sealed: this.#sealing.seal(text, this.#repository) };
  }

  #open(sealed: string): string {
    try {
      return this.#sealing.open(sealed, this.#repository);
    } catch (cause) {
      const message =
        'the Fernet keys in the database were sealed with another key-encryption key: every node needs the same file';
      throw new Error(message, { cause });
    }
  }
}

function stampOf(rows: readonly SealedKey[]): string {
  const lines = rows.map(({ number, sealed }) => `${number} ${sealed}`).toSorted();
  return createHash('sha256').update(lines.join('\n')).digest('base64');
}
