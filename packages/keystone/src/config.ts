import { policySettings } from '@kumo/core/policy';
import { type Static, Type as T } from 'typebox';
import { DEFAULT_METHODS } from './tokens/token-payload.ts';

const TokensConfig = T.Object(
  {
    expirationSeconds: T.Integer({ default: 3600, minimum: 1, description: 'How long a token is valid.' }),
    allowExpiredWindowSeconds: T.Integer({
      default: 172_800,
      minimum: 0,
      description: 'How long after its end a token may still be validated for a service (`allow_expired`).',
    }),
    keyRepository: T.Optional(
      T.String({
        minLength: 1,
        description: 'Directory of the Fernet keys. Default: `<stateDir>/keystone/fernet-keys`.',
      }),
    ),
    maxActiveKeys: T.Integer({
      default: 3,
      minimum: 1,
      maximum: 64,
      description: 'Keys kept by a rotation, the staged one included.',
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

const PasswordsConfig = T.Object(
  {
    memoryKib: T.Integer({ default: 19_456, minimum: 8, maximum: 1_048_576, description: 'argon2id m.' }),
    passes: T.Integer({ default: 2, minimum: 1, maximum: 64, description: 'argon2id t.' }),
    concurrency: T.Integer({ default: 2, minimum: 1, maximum: 64, description: 'Passwords hashed at the same time.' }),
    waiting: T.Integer({
      default: 512,
      minimum: 1,
      maximum: 100_000,
      description: 'Logins that may wait for their turn; more are answered 503.',
    }),
  },
  { additionalProperties: false, default: {} },
);

/** `keystone:` in kumo.yaml. */
export const KeystoneConfig = T.Object(
  {
    auth: AuthConfig,
    tokens: TokensConfig,
    passwords: PasswordsConfig,
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
