import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import { extraOf } from '../../app/extra-attributes.ts';
import type { ShownUser } from '../../app/users.ts';
import type { UserBody } from '../user-body.ts';
import type { UserCreate } from '../users.ts';

/** A user as clients see it. */
export function userToWire(user: ShownUser, request: Pick<RequestFacts, 'baseUrl'>): Static<typeof UserBody> {
  return {
    ...user.extra,
    id: user.id,
    name: user.name,
    domain_id: user.domainId,
    enabled: user.enabled,
    ...(user.defaultProjectId === null ? {} : { default_project_id: user.defaultProjectId }),
    password_expires_at: user.passwordExpiresAt,
    options: user.options,
    links: { self: flatText`${request.baseUrl}/v3/users/${user.id}` },
  };
}

type Wanted = Partial<Static<typeof UserCreate>>;
/** What is not kept as it is sent: it is ours to say, or has a place of its own, or is never shown. */
const OURS = new Set([
  'id',
  'links',
  'name',
  'domain_id',
  'default_project_id',
  'enabled',
  'password',
  'original_password',
  'password_expires_at',
  'options',
  'extra',
  'tenants',
  'groups',
  'domains',
  'federated',
]);

/** What a client wants of a user; all that is not known is kept as `extra`. */
export function userFromWire(wanted: Wanted) {
  const { name, default_project_id: defaultProjectId, enabled, password, options } = wanted;
  const extra = extraOf(wanted, OURS);
  return { name, defaultProjectId, enabled, password, options, extra };
}
