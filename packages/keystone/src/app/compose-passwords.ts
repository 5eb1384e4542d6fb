import type { Db } from '@kumo/core/db';
import type { Logger } from '@kumo/core/log';
import type { KeystoneConfig } from '../config.ts';
import type { Changes } from '../db/changes.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { PasswordHasher } from '../passwords/password-hasher.ts';
import { PasswordPattern } from '../passwords/password-pattern.ts';
import type { Access } from './access.ts';
import { AccountLocks } from './account-locks.ts';
import type { Identities } from './identity/identities.ts';
import { Passwords } from './passwords.ts';
import type { RevokedTokens } from './revoked-tokens.ts';

/** All about passwords, put together. */
export function composePasswords(parts: {
  db: Db<KeystoneTables>;
  changes: Changes;
  access: Access;
  identities: Identities;
  revoked: RevokedTokens;
  config: KeystoneConfig;
  log: Logger;
}) {
  const { config, ...others } = parts;
  const compliance = config.securityCompliance;
  const hasher = new PasswordHasher(config.passwords);
  const locks = new AccountLocks({ ...others, compliance });
  const pattern = new PasswordPattern(compliance);
  return { hasher, locks, passwords: new Passwords({ ...others, hasher, locks, compliance, pattern }), compliance };
}
