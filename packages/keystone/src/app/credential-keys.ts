import type { Db } from '@kumo/core/db';
import type { CredentialCipher } from '../credentials/credential-cipher.ts';
import { hasOtherKeys, listCredentials, replaceBlob } from '../db/credentials.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { conflict } from '../errors.ts';
import type { FernetKeyring } from '../tokens/fernet-keyring.ts';
import type { KeyRotation } from '../tokens/key-storage.ts';

/** Of a transaction. */
const BATCH = 100;
/** One of each kind: staged, primary, and the one before, which everything is encrypted away from before the next rotation. */
const ACTIVE_KEYS = 3;

interface CredentialKeysParts {
  readonly db: Db<KeystoneTables>;
  readonly keys: FernetKeyring;
  readonly cipher: CredentialCipher;
}

/** What operators do with the keys that encrypt credentials. */
export class CredentialKeys {
  readonly #parts: CredentialKeysParts;

  constructor(parts: CredentialKeysParts) {
    this.#parts = parts;
  }

  /**
   * The staged key becomes the one that encrypts.
   * @throws conflict while something is encrypted with another key than the present primary: it would be lost.
   */
  async rotate(): Promise<KeyRotation> {
    const { db, keys, cipher } = this.#parts;
    await keys.reread();
    if (await hasOtherKeys(db.q, cipher.keyHash))
      throw conflict({
        message:
          'Some credentials are not encrypted with the primary key: run `kumo keystone credential migrate` first.',
      });
    return keys.rotate(ACTIVE_KEYS);
  }

  /**
   * Encrypts with the primary key whatever is not; gives how many. May be stopped and run again, while Keystone runs: what
   * somebody changes meanwhile is encrypted with the primary key anyhow.
   * @throws Error when a credential's key is gone.
   */
  async migrate(): Promise<number> {
    const { db, keys, cipher } = this.#parts;
    await keys.reread();
    const { keyHash } = cipher;
    let count = 0;
    let marker: string | undefined;
    for (;;) {
      const filters = [{ column: 'key_hash', op: 'ne', value: keyHash }] as const;
      const { rows, hasMore } = await listCredentials(db.q, { filters, limit: BATCH, marker });
      const sealed = await Promise.all(
        rows.map(async (one) => ({ one, blob: cipher.seal(one.type, await cipher.open(one.type, one)) })),
      );
      count += await db.transaction(async (tx) => {
        let replaced = 0;
        for (const { one, blob } of sealed) if (await replaceBlob(tx, one, blob)) replaced += 1;
        return replaced;
      });
      if (!hasMore) return count;
      marker = rows.at(-1)?.id;
    }
  }
}
