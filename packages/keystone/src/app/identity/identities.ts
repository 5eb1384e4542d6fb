import type { Page } from '@kumo/core/db';
import type { Group } from '../../db/groups.ts';
import type { IdMapping } from '../../db/id-mappings.ts';
import type { User } from '../../db/users.ts';
import { directoryReadOnly, directoryUnavailable } from '../../errors.ts';
import type { ListWanted } from '../list-page.ts';
import type { Directories } from './directories.ts';
import type { DirectorySource, NamedActor } from './directory-source.ts';
import type { IdMappings } from './id-mappings.ts';
import type { IdentitySource } from './identity-source.ts';

/**
 * All users and groups, wherever they are. Only what concerns a domain's directory waits for it: an id that is in the
 * tables is found there, and a list is that of the tables unless it is of a domain with a directory.
 */
export class Identities implements IdentitySource {
  readonly #tables: IdentitySource;
  readonly #directories: Directories;
  readonly #mappings: IdMappings;

  constructor(parts: { tables: IdentitySource; directories: Directories; mappings: IdMappings }) {
    this.#tables = parts.tables;
    this.#directories = parts.directories;
    this.#mappings = parts.mappings;
  }

  async findUser(id: string): Promise<User | undefined> {
    return (await this.#tables.findUser(id)) ?? (await this.#directories.of(id))?.findUser(id);
  }

  async findUserByName(name: string, domainId: string): Promise<User | undefined> {
    return (await this.#ofDomain(domainId)).findUserByName(name, domainId);
  }

  async findGroup(id: string): Promise<Group | undefined> {
    return (await this.#tables.findGroup(id)) ?? (await this.#directories.of(id))?.findGroup(id);
  }

  /** @param wanted.domainId of that domain; left out, of all domains in the tables. */
  async listUsers(wanted: ListWanted & { groupId?: string; domainId?: string }): Promise<Page<User>> {
    const { groupId, domainId, ...rest } = wanted;
    return (await this.#sourceOf(groupId, domainId)).listUsers({ ...rest, groupId });
  }

  async listGroups(wanted: ListWanted & { userId?: string; domainId?: string }): Promise<Page<Group>> {
    const { userId, domainId, ...rest } = wanted;
    return (await this.#sourceOf(userId, domainId)).listGroups({ ...rest, userId });
  }

  async groupIdsOf(userId: string): Promise<readonly string[]> {
    const groupIds = await this.#tables.groupIdsOf(userId);
    return groupIds.length > 0 ? groupIds : ((await this.#directories.of(userId))?.groupIdsOf(userId) ?? []);
  }

  async memberIdsOf(groupId: string, limit: number): Promise<readonly string[]> {
    const members = await this.#tables.memberIdsOf(groupId, limit);
    return members.length > 0 ? members : ((await this.#directories.of(groupId))?.memberIdsOf(groupId, limit) ?? []);
  }

  async isMember(groupId: string, userId: string): Promise<boolean> {
    return (await this.#sourceOf(groupId)).isMember(groupId, userId);
  }

  /** The directory of a user; undefined for one in the tables. */
  directoryOf(user: Pick<User, 'id'>): Promise<DirectorySource | undefined> {
    return this.#directories.of(user.id);
  }

  /** The directory of a domain, if it has one. */
  directoryOfDomain(domainId: string): Promise<DirectorySource | undefined> {
    return this.#directories.ofDomain(domainId);
  }

  /** Those of some users and groups that are in directories, by name; a directory that does not answer names nobody. */
  async namesOf(ids: readonly string[]): Promise<NamedActor[]> {
    const byPlace = Map.groupBy(await this.#mappings.findAll(ids), ({ domainId, kind }) => `${kind} ${domainId}`);
    const found = await Promise.allSettled(
      [...byPlace.values()].map(async (mapped) => {
        const [{ domainId, kind }] = mapped as [IdMapping];
        return (await this.#directories.ofDomain(domainId))?.namesOf(kind, mapped) ?? [];
      }),
    );
    return found.flatMap((one) => {
      if (one.status === 'fulfilled') return one.value;
      if (directoryUnavailable.is(one.reason)) return [];
      throw one.reason;
    });
  }

  /** Nothing is written to a directory. @throws directoryReadOnly for a user or group in one, or for a domain that has one */
  async refuseDirectory({ id, domainId }: { id?: string; domainId?: string }): Promise<void> {
    const directory = id === undefined ? undefined : await this.#directories.of(id);
    const ofDomain = domainId === undefined ? undefined : await this.#directories.ofDomain(domainId);
    if (directory || ofDomain) throw directoryReadOnly();
  }

  async #ofDomain(domainId: string): Promise<IdentitySource> {
    return (await this.#directories.ofDomain(domainId)) ?? this.#tables;
  }

  async #sourceOf(id: string | undefined, domainId?: string): Promise<IdentitySource> {
    if (id !== undefined) return (await this.#directories.of(id)) ?? this.#tables;
    return domainId === undefined ? this.#tables : this.#ofDomain(domainId);
  }
}
