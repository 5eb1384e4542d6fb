type OptionKind = 'text' | 'secret' | 'whole' | 'number' | 'flag' | 'list';
export type OptionValue = string | number | boolean | readonly string[] | null;

export interface OptionRule {
  readonly kind: OptionKind;
  readonly initial: OptionValue;
  readonly least?: number;
  readonly choices?: readonly string[];
}

const text = (initial: string | null = null, choices?: readonly string[]): OptionRule => ({
  kind: 'text',
  initial,
  choices,
});
const whole = (initial: number | null, least: number): OptionRule => ({ kind: 'whole', initial, least });
const flag = (initial: boolean | null): OptionRule => ({ kind: 'flag', initial });
const list = (initial: readonly string[]): OptionRule => ({ kind: 'list', initial });

/** Keystone's options of the group `ldap`, with its defaults. `group_nesting_depth` is ours. */
export const LDAP_OPTIONS = {
  url: text('ldap://localhost'),
  randomize_urls: flag(false),
  user: text(),
  password: { kind: 'secret', initial: null },
  suffix: text('cn=example,cn=com'),
  query_scope: text('one', ['one', 'sub']),
  page_size: whole(0, 0),
  alias_dereferencing: text('default', ['never', 'searching', 'always', 'finding', 'default']),
  debug_level: whole(null, -1),
  chase_referrals: flag(null),
  user_tree_dn: text(),
  user_filter: text(),
  user_objectclass: text('inetOrgPerson'),
  user_id_attribute: text('cn'),
  user_name_attribute: text('sn'),
  user_mail_attribute: text('mail'),
  user_description_attribute: text('description'),
  user_pass_attribute: text('userPassword'),
  user_enabled_attribute: text('enabled'),
  user_enabled_invert: flag(false),
  user_enabled_mask: whole(0, 0),
  user_enabled_default: text('True'),
  user_attribute_ignore: list(['default_project_id']),
  user_default_project_id_attribute: text(),
  user_enabled_emulation: flag(false),
  user_enabled_emulation_dn: text(),
  user_enabled_emulation_use_group_config: flag(false),
  user_additional_attribute_mapping: list([]),
  group_tree_dn: text(),
  group_filter: text(),
  group_objectclass: text('groupOfNames'),
  group_id_attribute: text('cn'),
  group_name_attribute: text('ou'),
  group_members_are_ids: flag(false),
  group_member_attribute: text('member'),
  group_desc_attribute: text('description'),
  group_attribute_ignore: list([]),
  group_additional_attribute_mapping: list([]),
  group_ad_nesting: flag(false),
  group_nesting_depth: whole(0, 0),
  tls_cacertfile: text(),
  tls_cacertdir: text(),
  use_tls: flag(false),
  tls_req_cert: text('demand', ['demand', 'never', 'allow']),
  connection_timeout: whole(-1, -1),
  use_pool: flag(true),
  pool_size: whole(10, 1),
  pool_retry_max: whole(3, 1),
  pool_retry_delay: { kind: 'number', initial: 0.1, least: 0 },
  pool_connection_timeout: whole(-1, -1),
  pool_connection_lifetime: whole(600, 1),
  use_auth_pool: flag(true),
  auth_pool_size: whole(100, 1),
  auth_pool_connection_lifetime: whole(60, 1),
} as const satisfies Record<string, OptionRule>;

export type LdapOptionName = keyof typeof LDAP_OPTIONS;

/**
 * An option's value as its kind: from a configuration file all are texts, from the API they are JSON.
 * @throws Error that names the option, and shows the value unless it is secret.
 */
export function readOption(name: string, rule: OptionRule, value: unknown): OptionValue {
  if (value === null || value === undefined) return rule.initial;
  const read = readers[rule.kind](value);
  const fits =
    read !== undefined &&
    (rule.least === undefined || (read as number) >= rule.least) &&
    (rule.choices === undefined || rule.choices.includes(read as string));
  if (fits) return read;
  const shown = rule.kind === 'secret' ? 'its value' : JSON.stringify(value)?.slice(0, 100);
  throw new Error(`option ${name}: ${shown} is not ${expected(rule)}`);
}

const TRUE = new Set(['true', '1', 'yes', 'on']);
const FALSE = new Set(['false', '0', 'no', 'off']);

const readers: Record<OptionKind, (value: unknown) => OptionValue | undefined> = {
  text: (value) => (['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined),
  secret: (value) => (['string', 'number'].includes(typeof value) ? String(value) : undefined),
  whole: (value) => (/^-?\d{1,15}$/.test(String(value).trim()) ? Number(value) : undefined),
  number: (value) => (/^\d{1,15}(?:\.\d{1,15})?$/.test(String(value).trim()) ? Number(value) : undefined),
  flag: (value) => {
    const word = String(value).trim().toLowerCase();
    return TRUE.has(word) ? true : FALSE.has(word) ? false : undefined;
  },
  list: (value) => {
    if (Array.isArray(value)) return value.every((one) => typeof one === 'string') ? value : undefined;
    if (typeof value !== 'string') return undefined;
    return value
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  },
};

function expected({ kind, least, choices }: OptionRule): string {
  if (choices) return `one of ${choices.join(', ')}`;
  const words = { text: 'a text', secret: 'a text', whole: 'an integer', number: 'a number', flag: 'true or false' };
  const word = kind === 'list' ? 'a list of texts' : words[kind];
  return least === undefined ? word : `${word} of at least ${least}`;
}
