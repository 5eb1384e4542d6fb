import { LDAP_OPTIONS, type LdapOptionName } from '../../drivers/identity/ldap/option-table.ts';
import { invalidDomainConfig } from '../../errors.ts';
import type { OptionNames } from './domain-options.ts';

/** What holds for domains that do not set an option, for those options that they may set. */
export class DefaultOptions {
  readonly #names: OptionNames;
  readonly #listLimit: number;

  constructor(names: OptionNames, listLimit: number) {
    this.#names = names;
    this.#listLimit = listLimit;
  }

  /** `{group: {option: value}}`; of one option `{option: value}`. @throws invalidDomainConfig */
  show({ group, option }: { group?: string; option?: string } = {}): Record<string, unknown> {
    this.#names.check(group, option);
    if (group === undefined) return Object.fromEntries(this.#names.groups.map((one) => [one, this.#ofGroup(one)]));
    if (option === undefined) return { [group]: this.#ofGroup(group) };
    if (!this.#names.inGroup(group).includes(option))
      throw invalidDomainConfig({
        reason: `Reading the default for option ${option} in group ${group} is not supported`,
      });
    return { [option]: this.#valueOf(group, option) };
  }

  #ofGroup(group: string): Record<string, unknown> {
    return Object.fromEntries(this.#names.inGroup(group).map((option) => [option, this.#valueOf(group, option)]));
  }

  #valueOf(group: string, option: string): unknown {
    if (group === 'identity') return { driver: 'sql', list_limit: this.#listLimit }[option] ?? null;
    return LDAP_OPTIONS[option as LdapOptionName]?.initial ?? null;
  }
}
