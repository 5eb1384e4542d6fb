import { type Static, Type as T } from 'typebox';

/** Domains whose users are in a directory of their own: keystone.conf's `[identity]` and `[domain_config]`. */
export const DirectoriesConfig = T.Object(
  {
    configDir: T.Optional(
      T.String({
        minLength: 1,
        description:
          'Directory of `keystone.<name of the domain>.conf` files as real Keystone reads them (`domain_config_dir`), read at start. What a domain is given through the API goes before its file.',
      }),
    ),
    keyRepository: T.Optional(
      T.String({
        minLength: 1,
        description:
          'Directory of the keys that encrypt domains’ secrets. Default: `<stateDir>/keystone/domain-config-keys`.',
      }),
    ),
    additionalOptions: T.Record(T.String({ maxLength: 64 }), T.Array(T.String({ minLength: 1, maxLength: 64 })), {
      default: {},
      description:
        'Further options that domains may be given through the API, by group (`additional_whitelisted_options`), e.g. `{ldap: [group_ad_nesting, group_nesting_depth]}`.',
    }),
    connectTimeoutMs: T.Integer({
      default: 2_000,
      minimum: 10,
      maximum: 60_000,
      description: 'For a connection to one LDAP server, with TLS and bind; then the next one is tried.',
    }),
    requestTimeoutMs: T.Integer({
      default: 5_000,
      minimum: 10,
      maximum: 300_000,
      description: 'For one answer of a directory, and for a free connection to it.',
    }),
    retryAfterMs: T.Integer({
      default: 5_000,
      minimum: 1,
      maximum: 600_000,
      description:
        'How long a directory that does not answer is not asked: its users’ requests are answered 503 at once.',
    }),
    cacheMs: T.Integer({
      default: 5_000,
      minimum: 0,
      maximum: 600_000,
      description: 'How late a change in a directory may be noticed.',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type DirectoriesConfig = Static<typeof DirectoriesConfig>;
