import { Type as T } from 'typebox';

const Flag = T.Optional(T.Union([T.Boolean(), T.Null()]));
const MethodList = T.Array(T.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 16, uniqueItems: true });

/** What may be set for one user beside its attributes; null takes a setting away. */
export const UserOptions = T.Object(
  {
    ignore_change_password_upon_first_use: Flag,
    ignore_password_expiry: Flag,
    ignore_lockout_failure_attempts: Flag,
    lock_password: Flag,
    ignore_user_inactivity: Flag,
    multi_factor_auth_enabled: Flag,
    multi_factor_auth_rules: T.Optional(T.Union([T.Array(MethodList, { maxItems: 64, uniqueItems: true }), T.Null()])),
  },
  { additionalProperties: false },
);
