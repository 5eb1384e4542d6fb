import type { Db } from '@kumo/core/db';
import type { KeystoneConfig } from '../config.ts';
import { Changes } from '../db/changes.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { PasswordHasher } from '../passwords/password-hasher.ts';
import type { KeyRepository } from '../tokens/key-repository.ts';
import { Access } from './access.ts';
import { Authentication } from './authentication.ts';
import { RevokedTokens } from './revoked-tokens.ts';
import { TokenCatalog } from './token-catalog.ts';
import { Tokens } from './tokens.ts';
import { VersionedCache } from './versioned-cache.ts';

/** The application's parts, put together. */
export function composeApp({
  db,
  keys,
  config,
}: {
  db: Db<KeystoneTables>;
  keys: KeyRepository;
  config: KeystoneConfig;
}) {
  const times = config.tokens;
  const changes = new Changes(db, config.changeCheckMs);
  const cache = new VersionedCache(changes);
  const hasher = new PasswordHasher(config.passwords);
  const access = new Access(db, cache);
  const revoked = new RevokedTokens(db, cache, times.expirationSeconds + times.allowExpiredWindowSeconds);
  const tokens = new Tokens({ access, cache, changes, keys, revoked, times });
  const authentication = new Authentication({ db, access, tokens, hasher });
  const catalog = new TokenCatalog(db, cache);
  return { db, changes, cache, hasher, access, revoked, tokens, authentication, catalog };
}

export type KeystoneParts = ReturnType<typeof composeApp>;
