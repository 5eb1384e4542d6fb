import { randomBytes } from 'node:crypto';
import type { Db } from '@kumo/core/db';
import type { Logger } from '@kumo/core/log';
import { type Notifier, silentNotifier } from '@kumo/core/notify';
import type { KeystoneConfig } from '../config.ts';
import { Changes } from '../db/changes.ts';
import type { KeystoneTables } from '../db/schema.ts';
import type { Keyrings } from '../tokens/open-keyring.ts';
import { Access } from './access.ts';
import { AccessRules } from './access-rules.ts';
import { ApplicationCredentialSecrets } from './application-credential-secrets.ts';
import { ApplicationCredentials } from './application-credentials.ts';
import { Audit } from './audit.ts';
import { ApplicationCredentialMethod } from './auth-methods/application-credential.ts';
import type { AuthMethod } from './auth-methods/auth-method.ts';
import { PasswordMethod } from './auth-methods/password.ts';
import { TokenMethod } from './auth-methods/token.ts';
import { TotpMethod } from './auth-methods/totp.ts';
import { Authentication } from './authentication.ts';
import { composeCatalog, resourceWithin } from './compose-catalog.ts';
import { composeCredentials } from './compose-credentials.ts';
import { composePasswords } from './compose-passwords.ts';
import { Deletions } from './deletions.ts';
import { Domains } from './domains.ts';
import { Ec2Tokens } from './ec2-tokens.ts';
import { Grants } from './grants.ts';
import { Groups } from './groups.ts';
import { Health } from './health.ts';
import { composeIdentities } from './identity/compose-identities.ts';
import { limitModel } from './limit-model.ts';
import { Passcodes } from './passcodes.ts';
import { ProjectTags } from './project-tags.ts';
import { Projects } from './projects.ts';
import { Receipts } from './receipts.ts';
import { References } from './references.ts';
import { RevokedTokens } from './revoked-tokens.ts';
import { RoleAssignments } from './role-assignments.ts';
import { Roles } from './roles.ts';
import { Standings } from './standings.ts';
import { StoredDelegations } from './stored-delegations.ts';
import { TokenCatalog } from './token-catalog.ts';
import { Tokens } from './tokens.ts';
import { Trusts } from './trusts.ts';
import { Users } from './users.ts';
import { VersionedCache } from './versioned-cache.ts';

/** The application's parts, put together. */
export function composeApp({
  db,
  keyrings,
  config,
  log,
  publicEndpoint,
  notifier = silentNotifier,
  host = '',
  throttleKey = randomBytes(32).toString('hex'),
}: {
  db: Db<KeystoneTables>;
  keyrings: Keyrings;
  config: KeystoneConfig;
  log: Logger;
  /** What endpoints' URLs may name as `%(public_endpoint)s`. */
  publicEndpoint?: string;
  /** Who hears what is done, and from which host; left out: nobody. */
  notifier?: Notifier;
  host?: string;
  /** As `LoginThrottle` takes it; left out: one of this process alone. */
  throttleKey?: string;
}) {
  const times = config.tokens;
  const changes = new Changes(db, config.changeCheckMs);
  const cache = new VersionedCache(changes);
  const deletions = new Deletions();
  const identified = composeIdentities({
    ...{ db, changes, cache, deletions, config, log },
    keys: keyrings.directories,
    domainOf: (domainId) => access.domain(domainId),
  });
  const { identities } = identified;
  const audit = new Audit({ db, cache, notifier, host, log, settings: config.notifications });
  const access: Access = new Access({ db, cache, identities, compliance: config.securityCompliance });
  const keepSeconds = times.expirationSeconds + times.allowExpiredWindowSeconds;
  const revoked = new RevokedTokens({ db, cache, changes, keepSeconds });
  const references = new References({ db, cache, identities });
  const secured = composePasswords({ db, changes, access, identities, revoked, config, log, throttleKey });
  const { hasher, locks, throttle, passwords, compliance } = secured;
  const delegations = new StoredDelegations({ db, cache, changes, access });
  const secrets = new ApplicationCredentialSecrets(hasher);
  const authMethods = config.auth.methods;
  const core = { db, changes, revoked, access, identities, deletions, listLimit: config.listLimit };
  const kept = composeCredentials(core, keyrings.credentials, config);
  const tokens = new Tokens({
    standings: new Standings({ access, delegations, cache, adminProject: config.adminProject }),
    changes,
    keys: keyrings.tokens,
    revoked,
    times,
    authMethods,
  });
  const receipts = new Receipts({
    keys: keyrings.receipts,
    expirationSeconds: config.receipts.expirationSeconds,
    configured: authMethods,
  });
  const methods: AuthMethod[] = [
    new PasswordMethod({ references, passwords, audit }),
    new TokenMethod(tokens),
    new TotpMethod({
      ...{ references, access, locks, throttle },
      secrets: kept.credentials,
      passcodes: new Passcodes(db),
      includedPreviousWindows: config.totp.includedPreviousWindows,
    }),
    new ApplicationCredentialMethod({ db, references, secrets, access, locks, throttle }),
  ];
  const authentication = new Authentication({
    methods,
    configured: authMethods,
    allowRescopeScopedToken: times.allowRescopeScopedToken,
    isPasscodeEnough: config.totp.alone,
    references,
    access,
    tokens,
    receipts,
    delegations,
  });
  const tokenCatalog = new TokenCatalog(db, cache, { ...config.endpointFilter, publicEndpoint });
  const model = limitModel(config.unifiedLimit.enforcementModel);
  const resource = resourceWithin(config.resource, model);
  const projects = new Projects({ ...core, resource });
  return {
    ...core,
    audit,
    health: new Health({ changes, log, disableFile: config.healthcheck.disableFile }),
    cache,
    ...identified,
    ...secured,
    ...kept,
    ec2Tokens: new Ec2Tokens({
      ...{ db, tokens, access, locks, throttle },
      credentials: kept.credentials,
      settings: config.credentials,
    }),
    keyrings,
    references,
    delegations,
    tokens,
    authentication,
    tokenCatalog,
    projects,
    projectTags: new ProjectTags(core),
    domains: new Domains({ ...core, resource }, projects),
    users: new Users({ ...core, passwords, throttle, compliance }),
    groups: new Groups(core),
    roles: new Roles({ ...core, assignment: config.assignment }),
    grants: new Grants(core),
    roleAssignments: new RoleAssignments(core),
    trusts: new Trusts({ ...core, maxRedelegations: config.delegation.maxRedelegations }),
    applicationCredentials: new ApplicationCredentials({
      ...core,
      secrets,
      maxPerUser: config.delegation.applicationCredentialsPerUser,
    }),
    accessRules: new AccessRules(core),
    ...composeCatalog(core, model),
  };
}

export type KeystoneParts = ReturnType<typeof composeApp>;
