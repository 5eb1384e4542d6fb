import { nowIso, type Page } from '@kumo/core/db';
import type { Logger } from '@kumo/core/log';
import type { Group } from '../../db/groups.ts';
import type { IdMapping, MappedKind } from '../../db/id-mappings.ts';
import { NOBODY } from '../../db/login-failures.ts';
import type { User } from '../../db/users.ts';
import {
  DirectoryDown,
  type DirectoryGroup,
  DirectoryLimit,
  type DirectoryPage,
  type DirectoryUser,
  type IdentityDriver,
} from '../../drivers/identity/directory.ts';
import { directoryLimited, directoryUnavailable, invalid } from '../../errors.ts';
import type { ListWanted } from '../list-page.ts';
import type { VersionedCache } from '../versioned-cache.ts';
import { directoryConditions } from './directory-filters.ts';
import type { IdMappings } from './id-mappings.ts';
import type { IdentitySource } from './identity-source.ts';

interface DirectorySourceParts {
  readonly domainId: string;
  readonly driver: IdentityDriver;
  readonly mappings: IdMappings;
  readonly cache: VersionedCache;
  readonly log: Logger;
  /** How long what was read is believed. */
  readonly cacheMs: number;
  /** Entries of one list at most. */
  readonly listLimit: number;
  readonly retryAfterMs: number;
}

/** A user or group by its name. */
export interface NamedActor {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly kind: MappedKind;
}

/** The users and groups of one domain, in a directory. */
export class DirectorySource implements IdentitySource {
  readonly #parts: DirectorySourceParts;

  constructor(parts: DirectorySourceParts) {
    this.#parts = parts;
  }

  findUser(id: string): Promise<User | undefined> {
    return this.#kept(`user ${id}`, async () => {
      const localId = await this.#localId(id, 'user');
      const user = localId === undefined ? undefined : await this.#ask((driver) => driver.findUser(localId));
      return user && this.#user(user, id);
    });
  }

  async findUserByName(name: string): Promise<User | undefined> {
    const user = await this.#ask((driver) => driver.findUserByName(name));
    return user && this.#user(user, await this.#publicId('user', user.localId));
  }

  findGroup(id: string): Promise<Group | undefined> {
    return this.#kept(`group ${id}`, async () => {
      const localId = await this.#localId(id, 'group');
      const group = localId === undefined ? undefined : await this.#ask((driver) => driver.findGroup(localId));
      return group && this.#group(group, id);
    });
  }

  async listUsers({ groupId, ...wanted }: ListWanted & { groupId?: string }): Promise<Page<User>> {
    const options = await this.#options<DirectoryUser>(wanted, 'user');
    const group = groupId === undefined ? undefined : await this.#localId(groupId, 'group');
    if (groupId !== undefined && group === undefined) return { rows: [], hasMore: false };
    const page = await this.#ask((driver) =>
      group === undefined ? driver.listUsers(options) : driver.membersOf(group, options),
    );
    return this.#page(page, 'user', (user, id) => this.#user(user, id));
  }

  async listGroups({ userId, ...wanted }: ListWanted & { userId?: string }): Promise<Page<Group>> {
    const options = await this.#options<DirectoryGroup>(wanted, 'group');
    if (userId === undefined) {
      const page = await this.#ask((driver) => driver.listGroups(options));
      return this.#page(page, 'group', (group, id) => this.#group(group, id));
    }
    const user = await this.#localId(userId, 'user');
    const all = user === undefined ? [] : await this.#ask((driver) => driver.groupsOf(user));
    const fitting = all.filter(
      (group) => options.fits(group) && options.names.every((search) => isNamed(group.name, search)),
    );
    const start = options.after === undefined ? 0 : fitting.findIndex((one) => one.localId === options.after) + 1;
    const rows = fitting.slice(start, start + options.limit);
    const isMarkerFound = options.after === undefined || start > 0;
    const page = { rows, hasMore: fitting.length > start + rows.length, isMarkerFound };
    return this.#page(page, 'group', (group, id) => this.#group(group, id));
  }

  /** The names of some of its users or groups. */
  async namesOf(kind: MappedKind, mapped: readonly IdMapping[]): Promise<NamedActor[]> {
    const { domainId } = this.#parts;
    const names = await this.#ask((driver) =>
      driver.namesOf(
        kind,
        mapped.map((one) => one.localId),
      ),
    );
    return mapped.flatMap(({ publicId, localId }) => {
      const name = names.get(localId);
      return name === undefined ? [] : [{ id: publicId, name, domainId, kind }];
    });
  }

  groupIdsOf(userId: string): Promise<readonly string[]> {
    return this.#kept(`groups ${userId}`, async () => {
      const localId = await this.#localId(userId, 'user');
      const groups = localId === undefined ? [] : await this.#ask((driver) => driver.groupsOf(localId));
      const localIds = groups.map((group) => group.localId);
      return [...(await this.#parts.mappings.publicIds(this.#parts.domainId, 'group', localIds)).values()];
    });
  }

  async memberIdsOf(groupId: string, limit: number): Promise<readonly string[]> {
    const localId = await this.#localId(groupId, 'group');
    if (localId === undefined) return [];
    const { rows } = await this.#ask((driver) => driver.membersOf(localId, { limit }));
    const localIds = rows.map((user) => user.localId);
    return [...(await this.#parts.mappings.publicIds(this.#parts.domainId, 'user', localIds)).values()];
  }

  async isMember(groupId: string, userId: string): Promise<boolean> {
    return (await this.groupIdsOf(userId)).includes(groupId);
  }

  /** Whether it is the user's password; of a user that there is not, the directory is asked as well. @throws directoryUnavailable */
  async verifyPassword(user: Pick<User, 'id'> | undefined, password: string): Promise<boolean> {
    const localId = (await this.#localId(user?.id ?? NOBODY, 'user')) ?? NOBODY;
    return this.#ask((driver) => driver.verifyPassword(localId, password));
  }

  close(): void {
    this.#parts.driver.close();
  }

  /** The directory's changes are nobody's to hear of: what was read is true for a while. */
  #kept<T>(key: string, load: () => Promise<T>): Promise<T> {
    const { cache, cacheMs, domainId } = this.#parts;
    return cache.get(
      `directory ${domainId} ${key}`,
      (_dependsOn, lasts) => {
        lasts(cacheMs);
        return load();
      },
      [],
    );
  }

  async #ask<T>(question: (driver: IdentityDriver) => Promise<T>): Promise<T> {
    const { driver, domainId, log, retryAfterMs } = this.#parts;
    try {
      return await question(driver);
    } catch (error) {
      if (error instanceof DirectoryLimit) throw directoryLimited({}, { cause: error });
      if (!(error instanceof DirectoryDown)) throw error;
      // Refused without being asked: said before.
      if (!(error.cause instanceof DirectoryDown))
        log.warn(
          { domainId, err: error },
          'a directory does not answer: its users cannot log in until it does; check ldap.url of the domain',
        );
      const headers = { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
      throw directoryUnavailable({ domainId }, { cause: error, headers });
    }
  }

  async #options<T>({ filters = [], limit, marker }: ListWanted, kind: MappedKind) {
    const { listLimit, domainId } = this.#parts;
    const conditions = directoryConditions(filters, (row, column) =>
      column === 'domain_id' ? domainId : column === 'default_project_id' ? row.defaultProjectId : row[column],
    );
    const after = marker === undefined ? undefined : await this.#localId(marker, kind);
    if (marker !== undefined && after === undefined) throw unknownMarker();
    const fits = conditions.fits as (row: T) => boolean;
    return { names: conditions.names, fits, after, limit: Math.min(limit ?? listLimit, listLimit) };
  }

  async #page<T extends { localId: string }, U>(
    page: DirectoryPage<T>,
    kind: MappedKind,
    toRow: (row: T, id: string) => U,
  ): Promise<Page<U>> {
    if (!page.isMarkerFound) throw unknownMarker();
    const localIds = page.rows.map((row) => row.localId);
    const ids = await this.#parts.mappings.publicIds(this.#parts.domainId, kind, localIds);
    const rows = page.rows.flatMap((row) => {
      const id = ids.get(row.localId);
      return id === undefined ? [] : [toRow(row, id)];
    });
    return { rows, hasMore: page.hasMore };
  }

  async #localId(publicId: string, kind: MappedKind): Promise<string | undefined> {
    const mapping: IdMapping | undefined = await this.#parts.mappings.find(publicId);
    return mapping?.kind === kind && mapping.domainId === this.#parts.domainId ? mapping.localId : undefined;
  }

  #publicId(kind: MappedKind, localId: string): Promise<string> {
    return this.#parts.mappings.publicId(this.#parts.domainId, kind, localId);
  }

  #user({ name, enabled, defaultProjectId, extra }: DirectoryUser, id: string): User {
    const { domainId } = this.#parts;
    // Nobody here knows since when; what counts days since then is the directory's affair.
    return { id, domainId, name, enabled, defaultProjectId, options: {}, extra, createdAt: nowIso() };
  }

  #group({ name, description }: DirectoryGroup, id: string): Group {
    return { id, domainId: this.#parts.domainId, name, description, extra: {} };
  }
}

function unknownMarker(): Error {
  return invalid({ message: 'The marker is not in the list.' });
}

/** As directories compare names: without case. */
function isNamed(name: string, { op, value }: { op: string; value: string }): boolean {
  const [text, part] = [name.toLowerCase(), value.toLowerCase()];
  if (op === 'eq') return text === part;
  if (op === 'contains') return text.includes(part);
  return op === 'startsWith' ? text.startsWith(part) : text.endsWith(part);
}
