import { type Filter, PresenceFilter } from 'ldapts';
import { isBelow, normalDn, parseDn } from './distinguished-name.ts';
import { type Entry, firstText, textsOf } from './entry.ts';
import { groupAttributes, userAttributes } from './entry-mapping.ts';
import type { EntrySearches, OnPage } from './entry-search.ts';
import { any, equals, inChain, inTree } from './filters.ts';
import type { LdapOptions } from './ldap-options.ts';

/** Conditions in one filter. */
const BATCH = 200;
/** Groups that are followed for one question; who nests more is cut off rather than let grow. */
const MOST_GROUPS = 2_000;

/** Who is in which group. */
export class Memberships {
  readonly #searches: EntrySearches;
  readonly #options: LdapOptions;

  constructor(searches: EntrySearches, options: LdapOptions) {
    this.#searches = searches;
    this.#options = options;
  }

  /** The entries of the groups that a user is in. @throws DirectoryDown, DirectoryLimit */
  async groupsOf(user: { dn: string; localId: string }): Promise<Entry[]> {
    const { adNesting, membersAreIds, memberAttribute, nestingDepth } = this.#options.groups;
    // The matching rule works on `member` alone, whatever attribute members are read from.
    if (adNesting) return this.#groups([inChain('member', user.dn)]);
    const found = new Map<string, Entry>();
    let level = await this.#groups([equals(memberAttribute, membersAreIds ? user.localId : user.dn)]);
    for (let depth = 0; ; depth += 1) {
      const fresh = level.filter((entry) => !found.has(normalDn(entry.dn)));
      for (const entry of fresh) found.set(normalDn(entry.dn), entry);
      if (membersAreIds || depth >= nestingDepth || fresh.length === 0 || found.size >= MOST_GROUPS) break;
      level = await this.#groups(fresh.map((entry) => equals(memberAttribute, entry.dn)));
    }
    return [...found.values()];
  }

  /**
   * The entries of a group's members that are users, a batch at a time.
   * @param conditions that they must fit as well.
   */
  async membersOf(group: Entry, conditions: readonly (Filter | undefined)[], onPage: OnPage): Promise<void> {
    const { users, groups, scope } = this.#options;
    const search = { base: users.treeDn, scope, attributes: userAttributes(users) };
    if (groups.adNesting) {
      const filter = inTree(users, ...conditions, inChain('memberOf', group.dn));
      return this.#searches.pages({ ...search, filter }, onPage);
    }
    const members = await this.#memberValues(group);
    for (let at = 0; at < members.length; at += BATCH) {
      const batch = members.slice(at, at + BATCH);
      const asked = groups.membersAreIds
        ? batch.map((id) => equals(users.idAttribute, id))
        : batch.map(ownPart).filter((filter) => filter !== undefined);
      if (asked.length === 0) continue;
      const filter = inTree(users, ...conditions, any(asked));
      const entries = await this.#searches.all({ ...search, filter });
      if (onPage(this.#inOrder(entries, batch)) === 'enough') return;
    }
  }

  /** The members' names, those of groups in it as deep as is configured; each once, in the directory's order. */
  async #memberValues(group: Entry): Promise<string[]> {
    const { memberAttribute, nestingDepth, membersAreIds, treeDn } = this.#options.groups;
    if (membersAreIds) return [...new Set(await this.#valuesOf(group.dn, memberAttribute))];
    const found = new Map<string, string>();
    const visited = new Set<string>();
    let level = [group.dn];
    for (let depth = 0; level.length > 0 && depth <= nestingDepth; depth += 1) {
      const groups: string[] = [];
      for (const dn of level) {
        if (visited.size >= MOST_GROUPS || visited.has(normalDn(dn))) continue;
        visited.add(normalDn(dn));
        for (const value of await this.#valuesOf(dn, memberAttribute)) {
          found.set(normalDn(value), value);
          if (isBelow(value, treeDn)) groups.push(value);
        }
      }
      level = groups;
    }
    return [...found.values()];
  }

  /** Active Directory gives the first 1,500 values, and further ones when it is asked for them (`member;range=1500-*`). */
  async #valuesOf(dn: string, attribute: string): Promise<string[]> {
    const filter = new PresenceFilter({ attribute: 'objectClass' });
    const found: string[] = [];
    let asked = attribute;
    for (;;) {
      const [entry] = await this.#searches.all({ base: dn, scope: 'base', filter, attributes: [asked] });
      if (!entry) return found;
      const range = [...entry.attributes.keys()]
        .map((key) => /^(.+);range=\d+-(\d+|\*)$/.exec(key))
        .find((match) => match?.[1] === attribute.toLowerCase());
      found.push(...textsOf(entry, range?.[0] ?? attribute));
      if (!range || range[2] === '*') return found;
      asked = `${attribute};range=${Number(range[2]) + 1}-*`;
    }
  }

  /** Only those that are really meant: of two entries `cn=ann` in different branches one may be the member. */
  #inOrder(entries: readonly Entry[], batch: readonly string[]): Entry[] {
    const { users, groups } = this.#options;
    const keyOf = (entry: Entry) =>
      groups.membersAreIds ? firstText(entry, users.idAttribute)?.toLowerCase() : normalDn(entry.dn);
    const byKey = new Map(entries.map((entry) => [keyOf(entry), entry]));
    const wanted = batch.map((value) => (groups.membersAreIds ? value.toLowerCase() : normalDn(value)));
    return wanted.map((key) => byKey.get(key)).filter((entry) => entry !== undefined);
  }

  async #groups(filters: readonly Filter[]): Promise<Entry[]> {
    const { groups, scope } = this.#options;
    const found: Entry[] = [];
    for (let at = 0; at < filters.length; at += BATCH) {
      const filter = inTree(groups, any(filters.slice(at, at + BATCH)));
      const search = { base: groups.treeDn, scope, filter, attributes: groupAttributes(groups) };
      found.push(...(await this.#searches.all(search)));
    }
    return found;
  }
}

/** The condition that an entry's own part of its name sets. */
function ownPart(dn: string): Filter | undefined {
  const [part] = parseDn(dn)?.[0] ?? [];
  return part && equals(part.attribute, part.value);
}
