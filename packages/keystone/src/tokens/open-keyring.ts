import { join } from 'node:path';
import type { Db } from '@kumo/core/db';
import type { KeystoneConfig } from '../config.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { DatabaseKeys } from './database-keys.ts';
import { DiskKeys } from './disk-keys.ts';
import { FernetKeyring } from './fernet-keyring.ts';
import { KeyEncryptionKey } from './key-encryption-key.ts';

/** What keys are for; each purpose has keys of its own. */
export type KeyPurpose = 'tokens' | 'receipts' | 'credentials' | 'directories';

export interface Keyrings {
  readonly tokens: FernetKeyring;
  readonly receipts: FernetKeyring;
  readonly credentials: FernetKeyring;
  /** Of domains' secrets. */
  readonly directories: FernetKeyring;
}

interface KeyringSources {
  readonly config: KeystoneConfig;
  readonly stateDir: string;
  /** Used with `tokens.keyStore: database` only. */
  readonly db: Db<KeystoneTables>;
}

const DIRECTORIES = {
  tokens: 'fernet-keys',
  receipts: 'receipt-keys',
  credentials: 'credential-keys',
  directories: 'domain-config-keys',
} as const;

/** The keys for one purpose, on disk or in the database as configured; made when there are none. */
export function openKeyring(purpose: KeyPurpose, { config, stateDir, db }: KeyringSources): Promise<FernetKeyring> {
  const { keyStore, keyEncryptionKeyFile } = config.tokens;
  const home = join(stateDir, 'keystone');
  if (keyStore === 'database') {
    const sealing = KeyEncryptionKey.fromFile(keyEncryptionKeyFile ?? join(home, 'key-encryption-key'));
    return FernetKeyring.open(new DatabaseKeys({ db, repository: purpose, sealing }));
  }
  return FernetKeyring.open(new DiskKeys(config[purpose].keyRepository ?? join(home, DIRECTORIES[purpose])));
}

export async function openKeyrings(sources: KeyringSources): Promise<Keyrings> {
  const [tokens, receipts, credentials, directories] = await Promise.all([
    openKeyring('tokens', sources),
    openKeyring('receipts', sources),
    openKeyring('credentials', sources),
    openKeyring('directories', sources),
  ]);
  return { tokens, receipts, credentials, directories };
}

/** One of each kind: what a key before the last one encrypted has to be encrypted anew before the next rotation. */
const CREDENTIAL_KEYS = 3;

/** How many keys a rotation leaves, the staged one included. */
export function maxActiveKeysOf(purpose: Exclude<KeyPurpose, 'directories'>, config: KeystoneConfig): number {
  return purpose === 'credentials' ? CREDENTIAL_KEYS : config[purpose].maxActiveKeys;
}
