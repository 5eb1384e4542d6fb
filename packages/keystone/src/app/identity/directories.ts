import type { Logger } from '@kumo/core/log';
import type { Project } from '../../db/projects.ts';
import { DirectoryDown, type IdentityDriver } from '../../drivers/identity/directory.ts';
import type { VersionedCache } from '../versioned-cache.ts';
import { DirectorySource } from './directory-source.ts';
import type { DomainConfigs } from './domain-configs.ts';
import type { DomainOptions } from './domain-options.ts';
import type { IdMappings } from './id-mappings.ts';

export interface DirectorySettings {
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly retryAfterMs: number;
  readonly cacheMs: number;
}

interface DirectoriesParts {
  readonly configs: DomainConfigs;
  /** By the domains' names. */
  readonly files: ReadonlyMap<string, DomainOptions>;
  readonly domainOf: (domainId: string) => Promise<Project | undefined>;
  readonly mappings: IdMappings;
  readonly cache: VersionedCache;
  readonly settings: DirectorySettings;
  readonly listLimit: number;
  readonly log: Logger;
}

interface Known {
  options: DomainOptions;
  readonly source: DirectorySource | undefined;
}

/** Which domains have a directory. Each has connections, limits and troubles of its own. */
export class Directories {
  readonly #parts: DirectoriesParts;
  readonly #known = new Map<string, Known>();
  /** Once a domain has a directory. */
  #ldap: typeof import('../../drivers/identity/ldap/open-ldap-driver.ts') | undefined;

  constructor(parts: DirectoriesParts) {
    this.#parts = parts;
  }

  /** Undefined for a domain whose users are in this service's tables. */
  async ofDomain(domainId: string): Promise<DirectorySource | undefined> {
    const options = (await this.#parts.configs.withSecrets(domainId)) ?? (await this.#fromFile(domainId));
    // Most clouds have no directory, and need none of its library's 5 MiB.
    if (options?.identity?.driver === 'ldap')
      this.#ldap ??= await import('../../drivers/identity/ldap/open-ldap-driver.ts');
    const known = this.#known.get(domainId);
    if (known && options && isSame(known, options)) return known.source;
    known?.source?.close();
    if (!options) {
      this.#known.delete(domainId);
      return undefined;
    }
    const source = this.#open(domainId, options);
    this.#known.set(domainId, { options, source });
    return source;
  }

  /** The directory that has, or had, the user or group of this id. */
  async of(publicId: string): Promise<DirectorySource | undefined> {
    const mapping = await this.#parts.mappings.find(publicId);
    return mapping && this.ofDomain(mapping.domainId);
  }

  close(): void {
    for (const { source } of this.#known.values()) source?.close();
    this.#known.clear();
  }

  async #fromFile(domainId: string): Promise<DomainOptions | undefined> {
    if (this.#parts.files.size === 0) return undefined;
    const domain = await this.#parts.domainOf(domainId);
    return domain && this.#parts.files.get(domain.name);
  }

  #open(domainId: string, options: DomainOptions): DirectorySource | undefined {
    const name = options.identity?.driver ?? 'sql';
    if (name === 'sql') return undefined;
    const { mappings, cache, settings, log } = this.#parts;
    const driver = this.#driver(domainId, String(name), options);
    const ownLimit = Number(options.identity?.list_limit ?? 0);
    const listLimit = ownLimit > 0 ? Math.min(ownLimit, this.#parts.listLimit) : this.#parts.listLimit;
    return new DirectorySource({ domainId, driver, mappings, cache, log, listLimit, ...settings });
  }

  /** A domain that is configured wrongly has nobody, and says so; the others have theirs. */
  #driver(domainId: string, name: string, { ldap = {} }: DomainOptions): IdentityDriver {
    const { settings, log } = this.#parts;
    try {
      if (name !== 'ldap' || !this.#ldap) throw new Error(`there is no identity driver ${JSON.stringify(name)}`);
      return this.#ldap.openLdapDriver(ldap, { limits: settings, log: log.child({ domainId }) });
    } catch (error) {
      log.error(
        { domainId, err: error },
        'a domain’s configuration cannot be used: mend what err names; its users cannot log in until then',
      );
      return brokenDriver(`the configuration cannot be used: ${(error as Error).message}`);
    }
  }
}

/** Also when it was read again: connections and what is known of a directory's troubles outlive that. */
function isSame(known: Known, options: DomainOptions): boolean {
  if (known.options === options) return true;
  if (JSON.stringify(known.options) !== JSON.stringify(options)) return false;
  known.options = options;
  return true;
}

function brokenDriver(message: string): IdentityDriver {
  const refuse = () => Promise.reject(new DirectoryDown(message, { cause: new DirectoryDown(message) }));
  return {
    findUser: refuse,
    findUserByName: refuse,
    listUsers: refuse,
    findGroup: refuse,
    listGroups: refuse,
    namesOf: refuse,
    groupsOf: refuse,
    membersOf: refuse,
    verifyPassword: refuse,
    close: () => undefined,
  };
}
