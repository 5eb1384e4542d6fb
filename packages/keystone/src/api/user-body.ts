import { Type as T } from 'typebox';
import { SelfLink } from './shared-schemas.ts';

export const UserBody = T.Object({
  id: T.String(),
  name: T.String(),
  domain_id: T.String(),
  enabled: T.Boolean(),
  default_project_id: T.Optional(T.String()),
  password_expires_at: T.Union([T.String(), T.Null()]),
  options: T.Record(T.String(), T.Unknown()),
  /** In the answer to a change. */
  extra: T.Optional(T.Record(T.String(), T.Unknown())),
  links: SelfLink,
});
