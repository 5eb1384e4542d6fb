import type { Db } from '@kumo/core/db';
import { projectTag } from '../db/change-tags.ts';
import { findProjectByName } from '../db/projects.ts';
import type { KeystoneTables } from '../db/schema.ts';
import type { User } from '../db/users.ts';
import { invalid } from '../errors.ts';
import type { IdentitySource } from './identity/identity-source.ts';
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
  readonly #identities: IdentitySource;

  constructor({
    db,
    cache,
    identities,
  }: { db: Db<KeystoneTables>; cache: VersionedCache; identities: IdentitySource }) {
    this.#db = db;
    this.#cache = cache;
    this.#identities = identities;
  }

  /** Undefined when there is no such user. @throws invalid for a reference that names nobody. */
  async user({ id, name, domain }: UserRef): Promise<User | undefined> {
    if (name === undefined) {
      if (id === undefined) throw missing('id or name', 'user');
      return this.#identities.findUser(id);
    }
    if (domain === undefined) throw missing('domain', 'user');
    // In a domain that there is not the name is looked for all the same: it takes as long.
    return this.#identities.findUserByName(name, (await this.domainId(domain)) ?? NOWHERE);
  }

  /** The user, if there is one, and whose account was meant, whoever that is and in whatever words. @throws invalid */
  async tried(ref: UserRef): Promise<Tried> {
    const user = await this.user(ref);
    if (user) return triedOf(user);
    const { id, name, domain } = ref;
    const domainId = name === undefined || !domain ? undefined : ((await this.domainId(domain)) ?? domain.name);
    return { user, account: JSON.stringify(name === undefined ? [id] : [domainId, name]) };
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
