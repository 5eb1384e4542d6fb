import { PresenceFilter } from 'ldapts';
import { normalDn } from './distinguished-name.ts';
import { type Entry, firstText, textsOf } from './entry.ts';
import type { EntrySearches } from './entry-search.ts';
import { equals } from './filters.ts';
import type { EnabledOptions, LdapOptions } from './ldap-options.ts';

/** The group whose members are the enabled users, for directories that have no attribute for it. */
export class EnabledGroup {
  readonly #searches: EntrySearches;
  readonly #emulation: EnabledOptions['emulation'];
  readonly #idAttribute: string;

  constructor(searches: EntrySearches, { enabled, idAttribute }: LdapOptions['users']) {
    this.#searches = searches;
    this.#emulation = enabled.emulation;
    this.#idAttribute = idAttribute;
  }

  /** Undefined where there is no such group. @throws DirectoryDown */
  async has(user: { dn: string; localId: string }): Promise<boolean | undefined> {
    if (!this.#emulation) return undefined;
    const { dn, memberAttribute, membersAreIds } = this.#emulation;
    const filter = equals(memberAttribute, membersAreIds ? user.localId : user.dn);
    return (await this.#searches.all({ base: dn, scope: 'base', filter, attributes: ['1.1'] })).length > 0;
  }

  /** A function that says it of many entries, all members being read at once. Undefined where there is no such group. */
  async members(): Promise<((entry: Entry) => boolean) | undefined> {
    if (!this.#emulation) return undefined;
    const { dn, memberAttribute, membersAreIds } = this.#emulation;
    const filter = new PresenceFilter({ attribute: 'objectClass' });
    const [group] = await this.#searches.all({ base: dn, scope: 'base', filter, attributes: [memberAttribute] });
    const values = group ? textsOf(group, memberAttribute) : [];
    if (membersAreIds) {
      const ids = new Set(values);
      return (entry) => ids.has(firstText(entry, this.#idAttribute) ?? '');
    }
    const names = new Set(values.map(normalDn));
    return (entry) => names.has(normalDn(entry.dn));
  }
}
