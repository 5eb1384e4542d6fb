import { type Static, Type as T } from 'typebox';

/** keystone.conf's `[credential]`. */
export const CredentialsConfig = T.Object(
  {
    keyRepository: T.Optional(
      T.String({
        minLength: 1,
        description: 'Directory of the keys that encrypt credentials. Default: `<stateDir>/keystone/credential-keys`.',
      }),
    ),
    authTtlMinutes: T.Integer({
      default: 15,
      minimum: 1,
      maximum: 10_080,
      description: 'How far the time in a signed EC2 request may be from now (`auth_ttl`).',
    }),
    s3TtlMinutes: T.Integer({
      default: 15,
      minimum: 1,
      maximum: 10_080,
      description: 'The same of S3 requests. Presigned links that are valid for longer need as much here.',
    }),
    userLimit: T.Integer({
      default: -1,
      minimum: -1,
      maximum: 1_000_000,
      description: 'Credentials that a user may have (`user_limit`); -1: any number.',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type CredentialSettings = Static<typeof CredentialsConfig>;
