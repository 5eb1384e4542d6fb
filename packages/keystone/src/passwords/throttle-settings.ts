import { type Static, Type as T } from 'typebox';

/** `keystone.loginThrottle` in kumo.yaml. */
export const LoginThrottleConfig = T.Object(
  {
    wrongPasscodes: T.Integer({
      default: 10,
      minimum: 1,
      maximum: 1000,
      description:
        'Wrong passcodes of one account, from everywhere, after which no more are looked at until the window ends; each window that was used up doubles the next one, up to 64 times.',
    }),
    wrongSecrets: T.Integer({
      default: 200,
      minimum: 1,
      maximum: 1_000_000,
      description:
        'Wrong passwords of one account, or wrong secrets of one application credential, from one address, and wrong signatures of one EC2 key with a short secret, after which no more are looked at until the window ends.',
    }),
    windowSeconds: T.Integer({
      default: 900,
      minimum: 1,
      maximum: 86_400,
      description: 'How long wrong ones are counted together, from the first one on. A right one ends it.',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type LoginThrottleSettings = Static<typeof LoginThrottleConfig>;
