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
import { LoginThrottle } from './login-throttle.ts';
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
  /** Of what is counted about who does not exist; the same in all Keystones. */
  throttleKey: string;
}) {
  const { config, throttleKey, ...others } = parts;
  const compliance = config.securityCompliance;
  const hasher = new PasswordHasher(config.passwords);
  const throttle = new LoginThrottle({ ...others, settings: config.loginThrottle, key: throttleKey });
  const locks = new AccountLocks({ ...others, throttle, compliance });
  const pattern = new PasswordPattern(compliance);
  const passwords = new Passwords({ ...others, hasher, locks, throttle, compliance, pattern });
  return { hasher, locks, throttle, passwords, compliance };
}
