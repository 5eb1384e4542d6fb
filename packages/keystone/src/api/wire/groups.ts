import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import { extraOf } from '../../app/extra-attributes.ts';
import type { Group } from '../../db/groups.ts';
import type { GroupBody, GroupCreate } from '../groups.ts';

/** A group as clients see it. */
export function groupToWire(group: Group, request: Pick<RequestFacts, 'baseUrl'>): Static<typeof GroupBody> {
  return {
    ...group.extra,
    id: group.id,
    name: group.name,
    domain_id: group.domainId,
    description: group.description,
    links: { self: flatText`${request.baseUrl}/v3/groups/${group.id}` },
  };
}

const OURS = new Set(['id', 'links', 'name', 'domain_id', 'description', 'extra']);

/** What a client wants of a group; all that is not known is kept as `extra`. */
export function groupFromWire(wanted: Partial<Static<typeof GroupCreate>>) {
  const { name, description } = wanted;
  return { name, description: description === null ? '' : description, extra: extraOf(wanted, OURS) };
}
