import { type Filter, FilterParser } from 'ldapts';
import { parseDn } from './distinguished-name.ts';
import { LDAP_OPTIONS, type LdapOptionName, type OptionRule, type OptionValue, readOption } from './option-table.ts';

/** How users or groups stand in the directory. */
export interface TreeOptions {
  readonly treeDn: string;
  readonly filter?: Filter;
  readonly objectClass: string;
  readonly idAttribute: string;
  readonly nameAttribute: string;
  readonly descriptionAttribute?: string;
  /** Attributes of entries, and what they are called here. */
  readonly additional: ReadonlyMap<string, string>;
  /** Which of our own attributes are not read. */
  readonly ignored: ReadonlySet<string>;
}

export interface EnabledOptions {
  readonly attribute?: string;
  readonly invert: boolean;
  /** 0: none. */
  readonly mask: number;
  readonly initial: string;
  /** The group of the users who are enabled. */
  readonly emulation?: { readonly dn: string; readonly memberAttribute: string; readonly membersAreIds: boolean };
}

export interface UserTreeOptions extends TreeOptions {
  readonly mailAttribute?: string;
  readonly defaultProjectAttribute?: string;
  readonly enabled: EnabledOptions;
}

export interface GroupTreeOptions extends TreeOptions {
  readonly memberAttribute: string;
  readonly membersAreIds: boolean;
  /** Nested groups by Active Directory's own matching rule. */
  readonly adNesting: boolean;
  /** Levels of groups in groups that are followed; 0: members of members do not count. */
  readonly nestingDepth: number;
}

export interface ServerOptions {
  /** In the order in which they are tried. */
  readonly urls: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly startTls: boolean;
  readonly verifiesCertificate: boolean;
  readonly caFile?: string;
  readonly caDirectory?: string;
  readonly connectTimeoutMs?: number;
}

export interface PoolOptions {
  readonly size: number;
  /** 0: a connection is used once. */
  readonly lifetimeMs: number;
}

export interface LdapOptions {
  readonly server: ServerOptions;
  readonly pool: PoolOptions;
  readonly authPool: PoolOptions;
  readonly scope: 'one' | 'sub';
  /** 0: lists are asked for at once. */
  readonly pageSize: number;
  readonly derefAliases: 'always' | 'find' | 'never' | 'search';
  readonly users: UserTreeOptions;
  readonly groups: GroupTreeOptions;
}

const DEREFERENCING = {
  default: 'never',
  never: 'never',
  searching: 'search',
  finding: 'find',
  always: 'always',
} as const;
const MAX_NESTING = 32;
/** Short names and object identifiers (RFC 4512). */
const ATTRIBUTE = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/;

/** Reads values one by one. */
class Values {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  get(name: LdapOptionName): OptionValue {
    return readOption(name, LDAP_OPTIONS[name] as OptionRule, this.#values[name]);
  }

  text(name: LdapOptionName): string | undefined {
    return (this.get(name) as string | null) || undefined;
  }

  whole(name: LdapOptionName): number {
    return this.get(name) as number;
  }

  flag(name: LdapOptionName): boolean {
    return this.get(name) === true;
  }

  list(name: LdapOptionName): readonly string[] {
    return this.get(name) as readonly string[];
  }

  attribute(name: LdapOptionName): string | undefined {
    const value = this.text(name);
    if (value === undefined || ATTRIBUTE.test(value)) return value;
    throw new Error(`option ${name}: ${JSON.stringify(value)} is not the name of an attribute`);
  }

  requiredAttribute(name: LdapOptionName): string {
    return this.attribute(name) ?? (LDAP_OPTIONS[name].initial as string);
  }

  dn(name: LdapOptionName, initial: string): string {
    const value = this.text(name) ?? initial;
    if (parseDn(value)) return value;
    throw new Error(`option ${name}: ${JSON.stringify(value)} is not a distinguished name`);
  }

  filter(name: LdapOptionName): Filter | undefined {
    const value = this.text(name);
    try {
      return value === undefined ? undefined : FilterParser.parseString(readable(value));
    } catch (error) {
      throw new Error(`option ${name}: ${JSON.stringify(value)} is not a filter`, { cause: error });
    }
  }

  /** `telephoneNumber:phone` */
  mapping(name: LdapOptionName): ReadonlyMap<string, string> {
    return new Map(
      this.list(name).map((pair) => {
        const [attribute = '', ours = '', ...more] = pair.split(':').map((one) => one.trim());
        if (ATTRIBUTE.test(attribute) && ours !== '' && more.length === 0) return [attribute, ours];
        throw new Error(`option ${name}: ${JSON.stringify(pair)} is not attribute:name`);
      }),
    );
  }
}

/**
 * Options of the group `ldap` as they stand in a configuration. Options that are not known are passed over.
 * @throws Error that says what is wrong with which option.
 */
export function ldapOptions(given: Readonly<Record<string, unknown>>): LdapOptions {
  const values = new Values(given);
  const suffix = values.dn('suffix', '');
  const usesPool = values.flag('use_pool');
  return {
    server: serverOptions(values),
    pool: {
      size: values.whole('pool_size'),
      lifetimeMs: usesPool ? values.whole('pool_connection_lifetime') * 1_000 : 0,
    },
    authPool: {
      size: values.whole('auth_pool_size'),
      lifetimeMs: usesPool && values.flag('use_auth_pool') ? values.whole('auth_pool_connection_lifetime') * 1_000 : 0,
    },
    scope: values.get('query_scope') as 'one' | 'sub',
    pageSize: values.whole('page_size'),
    derefAliases: DEREFERENCING[values.get('alias_dereferencing') as keyof typeof DEREFERENCING],
    users: userOptions(values, values.dn('user_tree_dn', `ou=Users,${suffix}`)),
    groups: groupOptions(values, values.dn('group_tree_dn', `ou=UserGroups,${suffix}`)),
  };
}

/** `\\c3\\a9` is one character; the parser takes it for two. */
function readable(filter: string): string {
  return filter.replaceAll(/(?:\\[89a-f][0-9a-f])+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
  );
}

function serverOptions(values: Values): ServerOptions {
  const urls = (values.text('url') ?? '').split(/[\s,]+/).filter((url) => url !== '');
  for (const url of urls) {
    const parsed = URL.parse(url);
    if (!parsed || !['ldap:', 'ldaps:'].includes(parsed.protocol) || parsed.username || parsed.password)
      throw new Error('option url: only ldap://host:port and ldaps://host:port are served');
    if (parsed.protocol === 'ldaps:' && values.flag('use_tls'))
      throw new Error('option use_tls: StartTLS cannot be used over ldaps://');
  }
  if (urls.length === 0) throw new Error('option url: there is none');
  if (values.flag('randomize_urls')) urls.sort(() => Math.random() - 0.5);
  const timeouts = [values.whole('connection_timeout'), values.whole('pool_connection_timeout')].filter(
    (one) => one > 0,
  );
  return {
    urls,
    user: values.text('user'),
    password: values.text('password'),
    startTls: values.flag('use_tls'),
    verifiesCertificate: values.get('tls_req_cert') === 'demand',
    caFile: values.text('tls_cacertfile'),
    caDirectory: values.text('tls_cacertdir'),
    connectTimeoutMs: timeouts.length > 0 ? Math.min(...timeouts) * 1_000 : undefined,
  };
}

function userOptions(values: Values, treeDn: string): UserTreeOptions {
  return {
    treeDn,
    filter: values.filter('user_filter'),
    objectClass: values.requiredAttribute('user_objectclass'),
    idAttribute: values.requiredAttribute('user_id_attribute'),
    nameAttribute: values.requiredAttribute('user_name_attribute'),
    mailAttribute: values.attribute('user_mail_attribute'),
    descriptionAttribute: values.attribute('user_description_attribute'),
    defaultProjectAttribute: values.attribute('user_default_project_id_attribute'),
    additional: values.mapping('user_additional_attribute_mapping'),
    ignored: new Set(values.list('user_attribute_ignore')),
    enabled: enabledOptions(values, treeDn),
  };
}

function enabledOptions(values: Values, treeDn: string): EnabledOptions {
  const likeGroups = values.flag('user_enabled_emulation_use_group_config');
  const emulation = values.flag('user_enabled_emulation')
    ? {
        dn: values.dn('user_enabled_emulation_dn', `cn=enabled_users,${treeDn}`),
        memberAttribute: likeGroups ? values.requiredAttribute('group_member_attribute') : 'member',
        membersAreIds: likeGroups && values.flag('group_members_are_ids'),
      }
    : undefined;
  return {
    attribute: values.attribute('user_enabled_attribute'),
    invert: values.flag('user_enabled_invert'),
    mask: values.whole('user_enabled_mask'),
    initial: values.text('user_enabled_default') ?? 'True',
    emulation,
  };
}

function groupOptions(values: Values, treeDn: string): GroupTreeOptions {
  return {
    treeDn,
    filter: values.filter('group_filter'),
    objectClass: values.requiredAttribute('group_objectclass'),
    idAttribute: values.requiredAttribute('group_id_attribute'),
    nameAttribute: values.requiredAttribute('group_name_attribute'),
    descriptionAttribute: values.attribute('group_desc_attribute'),
    additional: values.mapping('group_additional_attribute_mapping'),
    ignored: new Set(values.list('group_attribute_ignore')),
    memberAttribute: values.requiredAttribute('group_member_attribute'),
    membersAreIds: values.flag('group_members_are_ids'),
    adNesting: values.flag('group_ad_nesting'),
    nestingDepth: Math.min(values.whole('group_nesting_depth'), MAX_NESTING),
  };
}
