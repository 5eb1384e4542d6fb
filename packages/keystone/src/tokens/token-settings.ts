import { Type as T } from 'typebox';
import { DEFAULT_METHODS } from './token-payload.ts';

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

/** `keystone.tokens` in kumo.yaml. */
export const TokensConfig = T.Object(
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

/** `keystone.receipts` in kumo.yaml. */
export const ReceiptsConfig = T.Object(
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

/** `keystone.totp` in kumo.yaml. */
export const TotpConfig = T.Object(
  {
    alone: T.Boolean({
      default: false,
      description:
        'Whether a passcode by itself is a login, as in OpenStack. Otherwise it counts beside another method, or where a user’s own rules name it alone.',
    }),
    includedPreviousWindows: T.Integer({
      default: 1,
      minimum: 0,
      maximum: 10,
      description: 'How many passcodes before the present one are taken, of 30 seconds each.',
    }),
  },
  { additionalProperties: false, default: {} },
);

/** `keystone.auth` in kumo.yaml. */
export const AuthConfig = T.Object(
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

/** `keystone.adminProject` in kumo.yaml. */
export const AdminProjectConfig = T.Object(
  {
    name: T.String({
      minLength: 1,
      maxLength: 64,
      description: 'Tokens of the project of this name say `is_admin_project`; those of others say that they are not.',
    }),
    domainName: T.String({ minLength: 1, maxLength: 64, description: 'Its domain’s name.' }),
  },
  {
    additionalProperties: false,
    description: 'Tokens of this project say `is_admin_project`, those of others do not.',
  },
);
