import type { RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { Group } from '../../db/groups.ts';
import type { GroupBody } from '../groups.ts';

/** A group as clients see it. */
export function groupToWire(group: Group, request: Pick<RequestFacts, 'baseUrl'>): Static<typeof GroupBody> {
  return {
    id: group.id,
    name: group.name,
    domain_id: group.domainId,
    description: group.description,
    links: { self: `${request.baseUrl}/v3/groups/${group.id}` },
  };
}
