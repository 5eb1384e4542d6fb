import type { Logger } from '@kumo/core/log';
import type { Filter } from 'ldapts';
import type {
  DirectoryGroup,
  DirectoryListWanted,
  DirectoryPage,
  DirectoryUser,
  IdentityDriver,
  NameSearch,
} from '../directory.ts';
import { EnabledGroup } from './enabled-group.ts';
import type { Entry } from './entry.ts';
import { groupAttributes, groupOf, namedOf, userAttributes, userOf } from './entry-mapping.ts';
import { EntrySearches } from './entry-search.ts';
import { any, hasId, inTree, matches } from './filters.ts';
import type { LdapOptions, TreeOptions } from './ldap-options.ts';
import { type LdapLimits, LdapServer } from './ldap-server.ts';
import { Memberships } from './memberships.ts';
import { PageCollector } from './page-collector.ts';

/** Users and groups of an LDAP directory (RFC 4511), read as Keystone's LDAP back end reads them. */
export class LdapDriver implements IdentityDriver {
  readonly #options: LdapOptions;
  readonly #server: LdapServer;
  readonly #searches: EntrySearches;
  readonly #enabled: EnabledGroup;
  readonly #memberships: Memberships;

  constructor(options: LdapOptions, parts: { limits: LdapLimits; log: Logger }) {
    this.#options = options;
    this.#server = new LdapServer(options, parts);
    this.#searches = new EntrySearches(this.#server, options);
    this.#enabled = new EnabledGroup(this.#searches, options.users);
    this.#memberships = new Memberships(this.#searches, options);
  }

  async findUser(localId: string): Promise<DirectoryUser | undefined> {
    const entry = await this.#userEntry(hasId(this.#options.users.idAttribute, localId));
    return entry && this.#user(entry);
  }

  async findUserByName(name: string): Promise<DirectoryUser | undefined> {
    const entry = await this.#userEntry(matches(this.#options.users.nameAttribute, { op: 'eq', value: name }));
    return entry && this.#user(entry);
  }

  async listUsers(wanted: DirectoryListWanted<DirectoryUser>): Promise<DirectoryPage<DirectoryUser>> {
    const { users } = this.#options;
    const enabled = await this.#enabled.members();
    const collector = new PageCollector(wanted, (entry) => userOf(entry, users, enabled?.(entry)));
    const attributes = userAttributes(users);
    await this.#searches.pages(this.#inTree(users, attributes, nameFilters(users, wanted)), collector.onPage);
    return collector.page;
  }

  async findGroup(localId: string): Promise<DirectoryGroup | undefined> {
    const entry = await this.#groupEntry(hasId(this.#options.groups.idAttribute, localId));
    return entry && groupOf(entry, this.#options.groups);
  }

  async listGroups(wanted: DirectoryListWanted<DirectoryGroup>): Promise<DirectoryPage<DirectoryGroup>> {
    const { groups } = this.#options;
    const collector = new PageCollector(wanted, (entry) => groupOf(entry, groups));
    const search = this.#inTree(groups, groupAttributes(groups), nameFilters(groups, wanted));
    await this.#searches.pages(search, collector.onPage);
    return collector.page;
  }

  async namesOf(kind: 'user' | 'group', localIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const tree = kind === 'user' ? this.#options.users : this.#options.groups;
    const found = new Map<string, string>();
    for (let at = 0; at < localIds.length; at += BATCH) {
      const ids = localIds.slice(at, at + BATCH).map((id) => hasId(tree.idAttribute, id));
      const search = this.#inTree(tree, [tree.idAttribute, tree.nameAttribute], [any(ids)]);
      for (const entry of await this.#searches.all(search)) {
        const named = namedOf(entry, tree);
        if (named) found.set(named.localId, named.name);
      }
    }
    return found;
  }

  async groupsOf(userLocalId: string): Promise<readonly DirectoryGroup[]> {
    const user = await this.#userEntry(hasId(this.#options.users.idAttribute, userLocalId));
    if (!user) return [];
    const entries = await this.#memberships.groupsOf({ dn: user.dn, localId: userLocalId });
    return entries.map((entry) => groupOf(entry, this.#options.groups)).filter((group) => group !== undefined);
  }

  async membersOf(
    groupLocalId: string,
    wanted: DirectoryListWanted<DirectoryUser>,
  ): Promise<DirectoryPage<DirectoryUser>> {
    const { users } = this.#options;
    const group = await this.#groupEntry(hasId(this.#options.groups.idAttribute, groupLocalId));
    const enabled = group && (await this.#enabled.members());
    const collector = new PageCollector(wanted, (entry) => userOf(entry, users, enabled?.(entry)));
    if (group) await this.#memberships.membersOf(group, nameFilters(users, wanted), collector.onPage);
    return collector.page;
  }

  async verifyPassword(userLocalId: string, password: string): Promise<boolean> {
    // A bind with a name and no password succeeds as nobody (RFC 4513, 5.1.2): it proves nothing (OSSA-2013-015).
    if (password === '') return false;
    const user = await this.#userEntry(hasId(this.#options.users.idAttribute, userLocalId));
    const isThere = user !== undefined && user.dn !== '';
    const isRight = await this.#server.verify(isThere ? user.dn : `cn=nobody,${this.#options.users.treeDn}`, password);
    return isThere && isRight;
  }

  close(): void {
    this.#server.close();
  }

  async #user(entry: Entry): Promise<DirectoryUser | undefined> {
    const { users } = this.#options;
    const user = userOf(entry, users);
    if (!user || users.ignored.has('enabled')) return user;
    return userOf(entry, users, await this.#enabled.has({ dn: entry.dn, localId: user.localId }));
  }

  #userEntry(filter: Filter | undefined): Promise<Entry | undefined> {
    const { users } = this.#options;
    return this.#first(users, userAttributes(users), filter, (entry) => userOf(entry, users) !== undefined);
  }

  #groupEntry(filter: Filter | undefined): Promise<Entry | undefined> {
    const { groups } = this.#options;
    return this.#first(groups, groupAttributes(groups), filter, (entry) => groupOf(entry, groups) !== undefined);
  }

  /** Ids and names ought to be those of one entry; of several the first counts. */
  async #first(
    tree: TreeOptions,
    attributes: readonly string[],
    filter: Filter | undefined,
    isOne: (entry: Entry) => boolean,
  ): Promise<Entry | undefined> {
    const entries = await this.#searches.all(this.#inTree(tree, attributes, [filter]), FEW);
    return entries.find(isOne);
  }

  #inTree(tree: TreeOptions, attributes: readonly string[], filters: readonly (Filter | undefined)[]) {
    return { base: tree.treeDn, scope: this.#options.scope, filter: inTree(tree, ...filters), attributes };
  }
}

const FEW = 10;
/** Conditions in one filter. */
const BATCH = 200;

function nameFilters(
  { nameAttribute }: TreeOptions,
  { names = [] }: { names?: readonly NameSearch[] },
): (Filter | undefined)[] {
  return names.map((search) => matches(nameAttribute, search));
}
