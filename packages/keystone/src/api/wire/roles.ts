import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import { extraOf } from '../../app/extra-attributes.ts';
import type { Role } from '../../db/roles.ts';
import type { RoleBody, RoleCreate } from '../roles.ts';

type Base = Pick<RequestFacts, 'baseUrl'>;

/** A role as clients see it. */
export function roleToWire(role: Role, request: Base): Static<typeof RoleBody> {
  return {
    ...role.extra,
    id: role.id,
    name: role.name,
    domain_id: role.domainId,
    description: role.description,
    options: role.options,
    links: { self: flatText`${request.baseUrl}/v3/roles/${role.id}` },
  };
}

/** A role as inferences name it. */
export function roleRefToWire({ id, name }: Role, request: Base) {
  return { id, name, links: { self: flatText`${request.baseUrl}/v3/roles/${id}` } };
}

const OURS = new Set(['id', 'links', 'name', 'domain_id', 'description', 'options', 'extra']);

/** What a client wants of a role; all that is not known is kept as `extra`. */
export function roleFromWire(wanted: Partial<Static<typeof RoleCreate>>) {
  const { name, domain_id: domainId, description, options } = wanted;
  return { name, domainId, description, options, extra: extraOf(wanted, OURS) };
}
