import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { EndpointGroup } from '../../db/endpoint-filter.ts';
import type { EndpointGroupBody } from '../endpoint-groups.ts';

export function endpointGroupToWire(
  { id, name, description, filters }: EndpointGroup,
  { baseUrl }: Pick<RequestFacts, 'baseUrl'>,
): Static<typeof EndpointGroupBody> {
  const links = { self: flatText`${baseUrl}/v3/OS-EP-FILTER/endpoint_groups/${id}` };
  return { id, name, description, filters: filters as Static<typeof EndpointGroupBody>['filters'], links };
}
