import { type Db, openDatabase } from '@kumo/core/db';
import type { Logger } from '@kumo/core/log';
import type { DomainConfigs } from '../app/identity/domain-configs.ts';
import type { Changes } from '../db/changes.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { type FernetKey, parseFernetKey } from '../tokens/fernet.ts';
import type { Keyrings } from '../tokens/open-keyring.ts';
import type { ForeignTables } from './foreign-tables.ts';
import { ImportTransaction } from './import-transaction.ts';
import { type Foreign, pagesOf } from './pages.ts';
import { takeAssignments } from './take-assignments.ts';
import { takeCatalog } from './take-catalog.ts';
import { takeDelegations } from './take-delegations.ts';
import { takeProjects } from './take-projects.ts';
import { takeSecrets } from './take-secrets.ts';
import { takeUsers } from './take-users.ts';

/** What an import did. */
export interface ImportReport {
  /** Rows taken over, by table of ours. */
  readonly taken: Readonly<Record<string, number>>;
  /** Rows that were not, by reason. */
  readonly left: Readonly<Record<string, number>>;
}

export interface ImportOptions {
  /** The other one's database: `mysql://user:password@host/keystone`, `sqlite:/path`, `postgres://…`. */
  readonly from: string;
  /** The other one's Fernet keys, newest first: tokens that it issued stay valid. */
  readonly tokenKeys: readonly string[];
  /** The same of credentials; needed when it keeps credentials. */
  readonly credentialKeys: readonly string[];
}

interface ImportInto {
  readonly db: Db<KeystoneTables>;
  readonly changes: Changes;
  readonly keyrings: Keyrings;
  readonly domainConfigs: DomainConfigs;
  readonly log: Logger;
}

/**
 * Takes over what a Keystone of OpenStack (Zed's schema) knows, with its ids and password hashes, into an identity that is
 * still empty. The other one's database is only read. All of it or nothing, but for the configuration of domains and the
 * keys, which are put in last and may be put in again.
 *
 * @throws Error that says what to do, when ours is not empty, the other one is no Keystone, or a credential cannot be read.
 */
export async function importKeystone(into: ImportInto, options: ImportOptions): Promise<ImportReport> {
  await refuseUsed(into.db);
  const other = await openDatabase<ForeignTables>({
    url: options.from,
    service: 'other keystone',
    from: 'kumo',
    migrations: [],
    log: into.log,
    readonly: true,
  });
  try {
    await requireKeystone(other.q);
    const theirs: FernetKey[] = options.credentialKeys.map(parseFernetKey);
    const parts = await into.changes.write(async (tx) => {
      const parts = new ImportTransaction(other.q, tx);
      await takeProjects(parts);
      await takeUsers(parts);
      await takeAssignments(parts);
      await takeCatalog(parts);
      await takeDelegations(parts);
      await takeSecrets(parts, { theirs, ours: into.keyrings.credentials });
      return parts;
    });
    parts.taken.domain_config_options = await takeDomainConfigs(other.q, into.domainConfigs);
    await into.keyrings.tokens.addOlder(options.tokenKeys);
    return { taken: parts.taken, left: parts.left };
  } finally {
    await other.close();
  }
}

async function refuseUsed({ q }: Db<KeystoneTables>): Promise<void> {
  for (const table of ['projects', 'users', 'roles'] as const) {
    if (!(await q.selectFrom(table).select('id').limit(1).executeTakeFirst())) continue;
    throw new Error(
      'this cloud has an identity already: import into a fresh state directory, before its first kumo up (kumo reset removes everything)',
    );
  }
}

async function requireKeystone(q: Foreign): Promise<void> {
  try {
    await q.selectFrom('local_user').select('id').limit(1).execute();
    await q.selectFrom('trust').select('redelegation_count').limit(1).execute();
  } catch (cause) {
    throw new Error(
      'that database is no Keystone’s of OpenStack Zed: upgrade it to Zed first (keystone-manage db_sync)',
      {
        cause,
      },
    );
  }
}

/** Sensitive options too: the other one keeps them in the clear. Returns how many. */
async function takeDomainConfigs(q: Foreign, domainConfigs: DomainConfigs): Promise<number> {
  const domains = new Map<string, Record<string, Record<string, unknown>>>();
  let count = 0;
  for (const table of ['whitelisted_config', 'sensitive_config'] as const) {
    for await (const page of pagesOf(q, table, 'domain_id')) {
      for (const { domain_id, group, option, value } of page) {
        const groups = domains.get(domain_id) ?? {};
        domains.set(domain_id, { ...groups, [group]: { ...groups[group], [option]: JSON.parse(value) as unknown } });
        count += 1;
      }
    }
  }
  for (const [domainId, options] of domains) await domainConfigs.replace(domainId, options);
  return count;
}
