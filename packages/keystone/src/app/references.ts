import type { Db } from '@kumo/core/db';
import { projectTag } from '../db/change-tags.ts';
import { NOBODY } from '../db/login-failures.ts';
import { findProjectByName } from '../db/projects.ts';
import type { KeystoneTables } from '../db/schema.ts';
import type { User } from '../db/users.ts';
import { invalid } from '../errors.ts';
import type { DirectorySource } from './identity/directory-source.ts';
import type { Identities } from './identity/identities.ts';
import type { VersionedCache } from './versioned-cache.ts';

/** A thing by its id or its name. */
export interface NamedRef {
  readonly id?: string;
  readonly name?: string;
}
/** A user by id, or by name and domain. */
export interface UserRef extends NamedRef {
  readonly domain?: NamedRef;
}
/** A project by id, or by name and domain. */
export interface ProjectRef extends NamedRef {
  readonly domain?: NamedRef;
}

/** An account that somebody wants to log in to. */
export interface Tried {
  /** Undefined: there is none. */
  readonly user: User | undefined;
  /** The same for all ways to name the account. */
  readonly account: string;
  /** The user's, or that of the domain in which it was looked for. */
  readonly directory?: DirectorySource | undefined;
}

export function triedOf(user: User): Tried {
  return { user, account: JSON.stringify([user.domainId, user.name]) };
}

/** No domain's id. */
const NOWHERE = '';

/** What logins refer to by names or ids. Nothing is said of why a thing is not found. */
export class References {
  readonly #db: Db<KeystoneTables>;
  readonly #cache: VersionedCache;
  readonly #identities: Identities;

  constructor({ db, cache, identities }: { db: Db<KeystoneTables>; cache: VersionedCache; identities: Identities }) {
    this.#db = db;
    this.#cache = cache;
    this.#identities = identities;
  }

  /**
   * The user, if there is one, and whose account was meant, whoever that is and in whatever words. As many statements are
   * made either way: what is not there is looked for all the same, and a domain's name each time.
   * @throws invalid for a reference that names nobody.
   */
  async tried(ref: UserRef): Promise<Tried> {
    const { id, name, domain } = ref;
    if (name === undefined) {
      if (id === undefined) throw missing('id or name', 'user');
      const user = await this.#identities.findUser(id);
      // One that is not found was looked for in directories as well.
      return user ? this.#found(user) : { user, account: JSON.stringify([id]) };
    }
    if (domain === undefined) throw missing('domain', 'user');
    const domainId =
      domain.name === undefined
        ? await this.domainId(domain)
        : (await findProjectByName(this.#db.q, domain.name, null))?.id;
    const user = await this.#identities.findUserByName(name, domainId ?? NOWHERE);
    if (user) return this.#found(user);
    await this.#identities.directoryOf({ id: NOBODY });
    const directory = await this.#identities.directoryOfDomain(domainId ?? NOWHERE);
    return { user, directory, account: JSON.stringify([domainId ?? domain.name, name]) };
  }

  async #found(user: User): Promise<Tried> {
    return { ...triedOf(user), directory: await this.#identities.directoryOf(user) };
  }

  /** An id is taken as it is. @throws invalid */
  async domainId({ id, name }: NamedRef): Promise<string | undefined> {
    if (name !== undefined) return this.#idNamed(name, null);
    if (id === undefined) throw missing('id or name', 'domain');
    return id;
  }

  /** An id is taken as it is. @throws invalid */
  async projectId({ id, name, domain }: ProjectRef): Promise<string | undefined> {
    if (name === undefined) {
      if (id === undefined) throw missing('id or name', 'project');
      return id;
    }
    if (domain === undefined) throw missing('domain', 'project');
    const domainId = await this.domainId(domain);
    return domainId === undefined ? undefined : this.#idNamed(name, domainId);
  }

  /** @param domainId null looks for a domain. */
  #idNamed(name: string, domainId: string | null): Promise<string | undefined> {
    const key = `project named ${JSON.stringify([domainId, name])}`;
    return this.#cache.get(
      key,
      async (dependsOn) => {
        const found = await findProjectByName(this.#db.q, name, domainId);
        if (found) dependsOn(projectTag(found.id));
        return found?.id;
      },
      [],
    );
  }
}

function missing(attribute: string, target: string): Error {
  return invalid({
    message:
      `Expecting to find ${attribute} in ${target}. The server could not comply with the request since it is either ` +
      'malformed or otherwise incorrect. The client is assumed to be in error.',
  });
}
