import type { Db } from '@kumo/core/db';
import type { KeystoneConfig } from '../config.ts';
import { Changes } from '../db/changes.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { PasswordHasher } from '../passwords/password-hasher.ts';
import type { Keyrings } from '../tokens/open-keyring.ts';
import { Access } from './access.ts';
import type { AuthMethod } from './auth-methods/auth-method.ts';
import { PasswordMethod } from './auth-methods/password.ts';
import { TokenMethod } from './auth-methods/token.ts';
import { TotpMethod, type TotpSecrets } from './auth-methods/totp.ts';
import { Authentication } from './authentication.ts';
import { Catalog } from './catalog.ts';
import { noDelegations } from './delegations.ts';
import { Domains } from './domains.ts';
import { Grants } from './grants.ts';
import { Groups } from './groups.ts';
import { Passcodes } from './passcodes.ts';
import { Passwords } from './passwords.ts';
import { Projects } from './projects.ts';
import { Receipts } from './receipts.ts';
import { References } from './references.ts';
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
  keyrings,
  config,
}: {
  db: Db<KeystoneTables>;
  keyrings: Keyrings;
  config: KeystoneConfig;
}) {
  const times = config.tokens;
  const changes = new Changes(db, config.changeCheckMs);
  const cache = new VersionedCache(changes);
  const hasher = new PasswordHasher(config.passwords);
  const access = new Access(db, cache);
  const revoked = new RevokedTokens(db, cache, times.expirationSeconds + times.allowExpiredWindowSeconds);
  const references = new References(db);
  const passwords = new Passwords({ db, hasher });
  const delegations = noDelegations;
  const authMethods = config.auth.methods;
  const totpSecrets: TotpSecrets = { secretsOf: async () => [] };
  const tokens = new Tokens({
    access,
    cache,
    changes,
    keys: keyrings.tokens,
    revoked,
    times,
    delegations,
    authMethods,
    adminProject: config.adminProject,
  });
  const receipts = new Receipts({
    keys: keyrings.receipts,
    expirationSeconds: config.receipts.expirationSeconds,
    configured: authMethods,
  });
  const methods: AuthMethod[] = [
    new PasswordMethod({ references, passwords, access }),
    new TokenMethod(tokens),
    new TotpMethod({ references, access, secrets: totpSecrets, passcodes: new Passcodes(db), ...config.totp }),
  ];
  const authentication = new Authentication({
    methods,
    configured: authMethods,
    allowRescopeScopedToken: times.allowRescopeScopedToken,
    references,
    access,
    tokens,
    receipts,
    delegations,
  });
  const tokenCatalog = new TokenCatalog(db, cache);
  const core = { db, changes, revoked, access, listLimit: config.listLimit };
  return {
    ...core,
    cache,
    hasher,
    passwords,
    keyrings,
    references,
    delegations,
    tokens,
    authentication,
    tokenCatalog,
    projects: new Projects(core),
    domains: new Domains(core),
    users: new Users({ ...core, hasher, passwords }),
    groups: new Groups(core),
    roles: new Roles(core),
    grants: new Grants(core),
    roleAssignments: new RoleAssignments(core),
    catalog: new Catalog(core),
  };
}

export type KeystoneParts = ReturnType<typeof composeApp>;
