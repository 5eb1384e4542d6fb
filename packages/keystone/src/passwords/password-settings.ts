import { type Static, Type as T } from 'typebox';

const days = (description: string) => T.Optional(T.Integer({ minimum: 1, maximum: 36_500, description }));

/** How passwords are hashed. */
export const PasswordsConfig = T.Object(
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
    waitingPerAddress: T.Integer({
      default: 128,
      minimum: 1,
      maximum: 100_000,
      description: 'The same, of one client’s address.',
    }),
    maxLength: T.Integer({
      default: 4096,
      minimum: 1,
      maximum: 4096,
      description: 'Bytes of a password that count (`[identity] max_password_length`).',
    }),
    strictLength: T.Boolean({
      default: false,
      description: 'Whether a longer password is refused instead of being cut (`strict_password_check`).',
    }),
  },
  { additionalProperties: false, default: {} },
);

/** keystone.conf's `[security_compliance]`. */
export const SecurityComplianceConfig = T.Object(
  {
    passwordExpiresDays: days('How long a new password is valid. Default: for ever.'),
    uniqueLastPasswordCount: T.Integer({
      default: 0,
      minimum: 0,
      maximum: 100,
      description: 'How many of their last passwords users may not choose again. 0: none is remembered.',
    }),
    minimumPasswordAge: T.Integer({
      default: 0,
      minimum: 0,
      maximum: 36_500,
      description: 'For how many days users keep a password that they chose before they may choose another.',
    }),
    passwordRegex: T.Optional(
      T.String({ minLength: 1, description: 'What new passwords must match from their beginning on.' }),
    ),
    passwordRegexDescription: T.Optional(
      T.String({ description: 'What users are told about a password that does not match.' }),
    ),
    lockoutFailureAttempts: T.Optional(
      T.Integer({ minimum: 1, maximum: 1_000_000, description: 'Wrong passwords after which an account is locked.' }),
    ),
    lockoutDuration: T.Integer({
      default: 1800,
      minimum: 1,
      maximum: 315_360_000,
      description: 'For how many seconds after the last wrong password an account stays locked.',
    }),
    disableUserAccountDaysInactive: days('Days without a login after which a user counts as disabled.'),
    changePasswordUponFirstUse: T.Boolean({
      default: false,
      description: 'Whether users must replace a password that somebody else gave them.',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type SecurityCompliance = Static<typeof SecurityComplianceConfig>;
