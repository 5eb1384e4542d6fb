import type { Db } from '@kumo/core/db';
import type { KeystoneConfig } from '../config.ts';
import { Changes } from '../db/changes.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { PasswordHasher } from '../passwords/password-hasher.ts';
import type { KeyRepository } from '../tokens/key-repository.ts';
import { Access } from './access.ts';
import { Authentication } from './authentication.ts';
import { Catalog } from './catalog.ts';
import { Domains } from './domains.ts';
import { Grants } from './grants.ts';
import { Groups } from './groups.ts';
import { Projects } from './projects.ts';
import { RevokedTokens } from './revoked-tokens.ts';
import { RoleAssignments } from './role-assignments.ts';
import { Roles } from './roles.ts';
import { TokenCatalog } from './token-catalog.ts';
import { Tokens } from './tokens.ts';
import { Users } from './users.ts';
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
  const tokenCatalog = new TokenCatalog(db, cache);
  const core = { db, changes, revoked, access, listLimit: config.listLimit };
  return {
    ...core,
    cache,
    hasher,
    tokens,
    authentication,
    tokenCatalog,
    projects: new Projects(core),
    domains: new Domains(core),
    users: new Users({ ...core, hasher, authentication }),
    groups: new Groups(core),
    roles: new Roles(core),
    grants: new Grants(core),
    roleAssignments: new RoleAssignments(core),
    catalog: new Catalog(core),
  };
}

export type KeystoneParts = ReturnType<typeof composeApp>;
