import { LDAP_OPTIONS } from '../../drivers/identity/ldap/option-table.ts';
import { invalidDomainConfig } from '../../errors.ts';

/** Options by group and name. */
export type DomainOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Of Keystone's own options not all may be set through the API; `group_nesting_depth` is ours. */
const NOT_WHITELISTED = new Set([
  'password',
  'randomize_urls',
  'group_ad_nesting',
  'group_nesting_depth',
  'connection_timeout',
]);

const WHITELISTED: Readonly<Record<string, readonly string[]>> = {
  identity: ['driver', 'list_limit'],
  ldap: Object.keys(LDAP_OPTIONS).filter((name) => !NOT_WHITELISTED.has(name)),
};
const SENSITIVE: Readonly<Record<string, readonly string[]>> = { identity: [], ldap: ['password'] };

/** Which options domains may have, and which of them are never shown. */
export class OptionNames {
  readonly #whitelisted: Readonly<Record<string, readonly string[]>>;

  /** @param more further options that an operator lets domains set, by group. */
  constructor(more: Readonly<Record<string, readonly string[]>> = {}) {
    this.#whitelisted = Object.fromEntries(
      Object.entries(WHITELISTED).map(([group, names]) => [group, [...new Set([...names, ...(more[group] ?? [])])]]),
    );
  }

  get groups(): readonly string[] {
    return Object.keys(this.#whitelisted);
  }

  /** Those that are shown. */
  inGroup(group: string): readonly string[] {
    return this.#whitelisted[group] ?? [];
  }

  isSensitive(group: string, option: string): boolean {
    return Object.hasOwn(SENSITIVE, group) && (SENSITIVE[group]?.includes(option) ?? false);
  }

  /** @throws invalidDomainConfig for what domains cannot have. */
  check(group: string | undefined, option?: string): void {
    if (group === undefined) return;
    if (!Object.hasOwn(this.#whitelisted, group))
      throw invalidDomainConfig({ reason: `Group ${group} is not supported for domain specific configurations` });
    if (option === undefined || this.inGroup(group).includes(option) || this.isSensitive(group, option)) return;
    throw invalidDomainConfig({
      reason: `Option ${option} in group ${group} is not supported for domain specific configurations`,
    });
  }

  /** @throws invalidDomainConfig for a configuration without options, or with others. */
  checkAll(options: DomainOptions): void {
    if (Object.keys(options).length === 0) throw invalidDomainConfig({ reason: 'No options specified' });
    for (const [group, values] of Object.entries(options)) {
      const isGroup = typeof values === 'object' && values !== null && !Array.isArray(values);
      if (!isGroup || Object.keys(values).length === 0)
        throw invalidDomainConfig({
          reason: `The value of group ${group} specified in the config should be a dictionary of options`,
        });
      for (const option of Object.keys(values)) this.check(group, option);
    }
  }
}
