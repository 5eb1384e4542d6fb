import type { Db } from '@kumo/core/db';
import type { Logger } from '@kumo/core/log';
import type { KeystoneConfig } from '../../config.ts';
import type { Changes } from '../../db/changes.ts';
import { deleteAssignmentsOfMapped } from '../../db/id-mappings.ts';
import type { Project } from '../../db/projects.ts';
import type { KeystoneTables } from '../../db/schema.ts';
import type { FernetKeyring } from '../../tokens/fernet-keyring.ts';
import type { Deletions } from '../deletions.ts';
import type { VersionedCache } from '../versioned-cache.ts';
import { ComplianceOptions } from './compliance-options.ts';
import { DefaultOptions } from './default-options.ts';
import { Directories } from './directories.ts';
import { readDomainConfigFiles } from './domain-config-files.ts';
import { DomainConfigs } from './domain-configs.ts';
import { OptionNames } from './domain-options.ts';
import { IdMappings } from './id-mappings.ts';
import { Identities } from './identities.ts';
import { SqlSource } from './sql-source.ts';

/** Users and groups in the tables and in directories, put together. */
export function composeIdentities(parts: {
  db: Db<KeystoneTables>;
  changes: Changes;
  cache: VersionedCache;
  deletions: Deletions;
  keys: FernetKeyring;
  config: KeystoneConfig;
  log: Logger;
  domainOf: (domainId: string) => Promise<Project | undefined>;
}) {
  const { db, changes, cache, log, domainOf, deletions, config } = parts;
  const { listLimit, directories: settings } = config;
  const optionNames = new OptionNames(settings.additionalOptions);
  const domainConfigs = new DomainConfigs({ db, changes, cache, log, domainOf, keys: parts.keys, names: optionNames });
  const idMappings = new IdMappings(db, changes);
  const files = settings.configDir === undefined ? new Map() : readDomainConfigFiles(settings.configDir, log);
  const directories = new Directories({
    configs: domainConfigs,
    files,
    domainOf,
    mappings: idMappings,
    cache,
    settings,
    listLimit,
    log,
  });
  const tables = new SqlSource(db, listLimit);
  // The mappings go with their domains by foreign keys; what was given to who they stand for has none.
  deletions.on('domain', (tx, domainIds) => deleteAssignmentsOfMapped(tx, domainIds));
  return {
    defaultOptions: new DefaultOptions(optionNames, listLimit),
    complianceOptions: new ComplianceOptions(config.securityCompliance, domainOf),
    domainConfigs,
    idMappings,
    directories,
    identities: new Identities({ tables, directories, mappings: idMappings }),
  };
}
