import type { KeystoneConfig } from '../config.ts';
import { CredentialCipher } from '../credentials/credential-cipher.ts';
import { deleteCredentialsOf } from '../db/credentials.ts';
import type { FernetKeyring } from '../tokens/fernet-keyring.ts';
import { CredentialKeys } from './credential-keys.ts';
import { Credentials } from './credentials.ts';
import type { ResourceDeps } from './resource-deps.ts';

/** Credentials, which go with their users and projects. */
export function composeCredentials(core: ResourceDeps, keys: FernetKeyring, config: KeystoneConfig) {
  const cipher = new CredentialCipher(keys);
  core.deletions.on('user', (tx, ids) => deleteCredentialsOf(tx, 'user_id', ids));
  core.deletions.on('project', (tx, ids) => deleteCredentialsOf(tx, 'project_id', ids));
  return {
    credentials: new Credentials({ ...core, cipher, settings: config.credentials }),
    credentialKeys: new CredentialKeys({ db: core.db, keys, cipher }),
  };
}
