import { policySettings } from '@kumo/core/policy';
import { type Static, Type as T } from 'typebox';
import { EndpointFilterConfig, UnifiedLimitConfig } from './catalog-settings.ts';
import { CredentialsConfig } from './credentials/credential-settings.ts';
import { PasswordsConfig, SecurityComplianceConfig } from './passwords/password-settings.ts';
import { DEFAULT_METHODS } from './tokens/token-payload.ts';

/** Settings of one repository of keys. */
function keySettings(directory: string) {
  return {
    keyRepository: T.Optional(
      T.String({
        minLength: 1,
        description: `Directory of the Fernet keys, in Keystone’s layout. Default: \`<stateDir>/keystone/${directory}\`.`,
      }),
    ),
    maxActiveKeys: T.Integer({
      default: 3,
      minimum: 1,
      maximum: 64,
      description: 'Keys kept by a rotation, the staged one included.',
    }),
  };
}

const TokensConfig = T.Object(
  {
    expirationSeconds: T.Integer({ default: 3600, minimum: 1, description: 'How long a token is valid.' }),
    allowExpiredWindowSeconds: T.Integer({
      default: 172_800,
      minimum: 0,
      description: 'How long after its end a token may still be validated for a service (`allow_expired`).',
    }),
    allowRescopeScopedToken: T.Boolean({
      default: true,
      description: 'Whether a token that has a scope can be exchanged for another one.',
    }),
    keyStore: T.Union([T.Literal('disk'), T.Literal('database')], {
      default: 'disk',
      description: 'Where Fernet keys of every kind are kept. `database`: several Keystones share them by themselves.',
    }),
    keyEncryptionKeyFile: T.Optional(
      T.String({
        minLength: 1,
        description:
          'Seals keys in the database; the same file on every node. Default: `<stateDir>/keystone/key-encryption-key`.',
      }),
    ),
    ...keySettings('fernet-keys'),
  },
  { additionalProperties: false, default: {} },
);

const ReceiptsConfig = T.Object(
  {
    expirationSeconds: T.Integer({
      default: 300,
      minimum: 1,
      description: 'How long a login of several factors may be continued.',
    }),
    ...keySettings('receipt-keys'),
  },
  { additionalProperties: false, default: {} },
);

const CredentialsConfig = T.Object(keySettings('credential-keys'), { additionalProperties: false, default: {} });

const TotpConfig = T.Object(
  {
    includedPreviousWindows: T.Integer({
      default: 1,
      minimum: 0,
      maximum: 10,
      description: 'How many passcodes before the present one are taken, of 30 seconds each.',
    }),
  },
  { additionalProperties: false, default: {} },
);

const AuthConfig = T.Object(
  {
    methods: T.Array(T.String({ minLength: 1, maxLength: 64 }), {
      default: [...DEFAULT_METHODS],
      minItems: 1,
      maxItems: 32,
      uniqueItems: true,
      description:
        'How users may log in. The places in the list are the bits in tokens: Keystones that read each other’s tokens need the same list.',
    }),
  },
  { additionalProperties: false, default: {} },
);

const UrlSafe = T.Union([T.Literal('off'), T.Literal('new'), T.Literal('strict')], { default: 'off' });

const ResourceConfig = T.Object(
  {
    maxProjectTreeDepth: T.Integer({
      default: 5,
      minimum: 1,
      maximum: 100,
      description: 'Projects below each other, their domain not counted.',
    }),
    projectNameUrlSafe: {
      ...UrlSafe,
      description: 'Whether names of projects may not have characters that URLs reserve.',
    },
    domainNameUrlSafe: { ...UrlSafe, description: 'The same for names of domains.' },
  },
  { additionalProperties: false, default: {} },
);
export type ResourceConfig = Static<typeof ResourceConfig>;

const AssignmentConfig = T.Object(
  {
    prohibitedImpliedRoles: T.Array(T.String({ minLength: 1, maxLength: 255 }), {
      default: ['admin'],
      maxItems: 64,
      description: 'Names of roles that no other role may imply.',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type AssignmentConfig = Static<typeof AssignmentConfig>;

const DelegationConfig = T.Object(
  {
    maxRedelegations: T.Integer({
      default: 3,
      minimum: 0,
      maximum: 10,
      description: 'How often a trust may be passed on from one user to the next.',
    }),
    applicationCredentialsPerUser: T.Optional(
      T.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description: 'Application credentials that one user may have. Default: any number.',
      }),
    ),
  },
  { additionalProperties: false, default: {} },
);

const AdminProjectConfig = T.Object(
  {
    name: T.String({ minLength: 1, maxLength: 64 }),
    domainName: T.String({ minLength: 1, maxLength: 64 }),
  },
  {
    additionalProperties: false,
    description: 'Tokens of this project say `is_admin_project`, those of others do not.',
  },
);

/** `keystone:` in kumo.yaml. */
export const KeystoneConfig = T.Object(
  {
    auth: AuthConfig,
    tokens: TokensConfig,
    receipts: ReceiptsConfig,
    credentials: CredentialsConfig,
    totp: TotpConfig,
    adminProject: T.Optional(AdminProjectConfig),
    passwords: PasswordsConfig,
    delegation: DelegationConfig,
    resource: ResourceConfig,
    assignment: AssignmentConfig,
    securityCompliance: SecurityComplianceConfig,
    credentials: CredentialsConfig,
    endpointFilter: EndpointFilterConfig,
    unifiedLimit: UnifiedLimitConfig,
    listLimit: T.Integer({
      default: 10_000,
      minimum: 1,
      maximum: 100_000,
      description: 'Rows of one list; the answer links to the next page.',
    }),
    changeCheckMs: T.Integer({
      default: 1_000,
      minimum: 0,
      maximum: 60_000,
      description: 'How late a change made by another Keystone process may be noticed.',
    }),
    ...policySettings,
  },
  { additionalProperties: false, default: {} },
);
export type KeystoneConfig = Static<typeof KeystoneConfig>;
