import type { RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { Role } from '../../db/roles.ts';
import type { RoleBody } from '../roles.ts';

type Base = Pick<RequestFacts, 'baseUrl'>;

/** A role as clients see it. */
export function roleToWire(role: Role, request: Base): Static<typeof RoleBody> {
  return {
    id: role.id,
    name: role.name,
    domain_id: role.domainId,
    description: role.description,
    options: role.options,
    links: { self: `${request.baseUrl}/v3/roles/${role.id}` },
  };
}

/** A role as inferences name it. */
export function roleRefToWire({ id, name }: Role, request: Base) {
  return { id, name, links: { self: `${request.baseUrl}/v3/roles/${id}` } };
}
