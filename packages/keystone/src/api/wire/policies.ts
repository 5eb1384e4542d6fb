import { flatText, type RequestFacts } from '@kumo/core/http';
import type { StoredPolicy } from '../../db/policies.ts';

/** @param collection what the link goes through: Keystone's own answer about an endpoint's policy says `endpoints`. */
export function policyToWire(
  { id, type, blob, extra }: StoredPolicy,
  { baseUrl }: Pick<RequestFacts, 'baseUrl'>,
  collection: 'policies' | 'endpoints' = 'policies',
) {
  return { ...extra, id, type, blob, links: { self: flatText`${baseUrl}/v3/${collection}/${id}` } };
}
