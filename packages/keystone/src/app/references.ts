import type { Db } from '@kumo/core/db';
import { findProjectByName } from '../db/projects.ts';
import type { KeystoneTables } from '../db/schema.ts';
import type { User } from '../db/users.ts';
import { invalid } from '../errors.ts';
import type { IdentitySource } from './identity/identity-source.ts';

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

/** What logins refer to by names or ids. Nothing is said of why a thing is not found. */
export class References {
  readonly #db: Db<KeystoneTables>;
  readonly #identities: IdentitySource;

  constructor(db: Db<KeystoneTables>, identities: IdentitySource) {
    this.#db = db;
    this.#identities = identities;
  }

  /** Undefined when there is no such user. @throws invalid for a reference that names nobody. */
  async user({ id, name, domain }: UserRef): Promise<User | undefined> {
    if (name === undefined) {
      if (id === undefined) throw missing('id or name', 'user');
      return this.#identities.findUser(id);
    }
    if (domain === undefined) throw missing('domain', 'user');
    const domainId = await this.domainId(domain);
    return domainId === undefined ? undefined : this.#identities.findUserByName(name, domainId);
  }

  /** An id is taken as it is. @throws invalid */
  async domainId({ id, name }: NamedRef): Promise<string | undefined> {
    if (name !== undefined) return (await findProjectByName(this.#db.q, name, null))?.id;
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
    return domainId === undefined ? undefined : (await findProjectByName(this.#db.q, name, domainId))?.id;
  }
}

function missing(attribute: string, target: string): Error {
  return invalid({
    message:
      `Expecting to find ${attribute} in ${target}. The server could not comply with the request since it is either ` +
      'malformed or otherwise incorrect. The client is assumed to be in error.',
  });
}
