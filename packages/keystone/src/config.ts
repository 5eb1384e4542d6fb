import { policySettings } from '@kumo/core/policy';
import { type Static, Type as T } from 'typebox';
import { EndpointFilterConfig, UnifiedLimitConfig } from './catalog-settings.ts';
import { CredentialsConfig } from './credentials/credential-settings.ts';
import { DirectoriesConfig } from './directory-settings.ts';
import { HealthcheckConfig } from './health-settings.ts';
import { NotificationsConfig } from './notification-settings.ts';
import { PasswordsConfig, SecurityComplianceConfig } from './passwords/password-settings.ts';
import { LoginThrottleConfig } from './passwords/throttle-settings.ts';
import { AdminProjectConfig, AuthConfig, ReceiptsConfig, TokensConfig, TotpConfig } from './tokens/token-settings.ts';

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

/** `keystone:` in kumo.yaml. */
export const KeystoneConfig = T.Object(
  {
    auth: AuthConfig,
    tokens: TokensConfig,
    receipts: ReceiptsConfig,
    totp: TotpConfig,
    adminProject: T.Optional(AdminProjectConfig),
    passwords: PasswordsConfig,
    delegation: DelegationConfig,
    resource: ResourceConfig,
    assignment: AssignmentConfig,
    securityCompliance: SecurityComplianceConfig,
    loginThrottle: LoginThrottleConfig,
    trustedProxies: T.Array(T.String({ minLength: 1, maxLength: 64 }), {
      default: [],
      maxItems: 256,
      description:
        'Addresses and networks (`10.0.0.0/24`) of proxies that are believed when they say for whom they ask, in X-Forwarded-For or Forwarded. Default: none, whoever connects is the client.',
    }),
    credentials: CredentialsConfig,
    directories: DirectoriesConfig,
    notifications: NotificationsConfig,
    healthcheck: HealthcheckConfig,
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
