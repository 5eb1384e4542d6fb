import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { Limit } from '../../db/limits.ts';
import type { RegisteredLimit } from '../../db/registered-limits.ts';
import type { LimitBody } from '../limits.ts';
import type { RegisteredLimitBody } from '../registered-limits.ts';

type Base = Pick<RequestFacts, 'baseUrl'>;

export function registeredLimitToWire(limit: RegisteredLimit, { baseUrl }: Base): Static<typeof RegisteredLimitBody> {
  return {
    id: limit.id,
    service_id: limit.serviceId,
    region_id: limit.regionId,
    resource_name: limit.resourceName,
    default_limit: limit.defaultLimit,
    description: limit.description,
    links: { self: flatText`${baseUrl}/v3/registered_limits/${limit.id}` },
  };
}

export function limitToWire(limit: Limit, { baseUrl }: Base): Static<typeof LimitBody> {
  return { ...plainLimitToWire(limit), links: { self: flatText`${baseUrl}/v3/limits/${limit.id}` } };
}

/** As it is shown inside of a project. */
export function plainLimitToWire(limit: Limit): Omit<Static<typeof LimitBody>, 'links'> {
  return {
    id: limit.id,
    project_id: limit.projectId,
    domain_id: limit.domainId,
    service_id: limit.serviceId,
    region_id: limit.regionId,
    resource_name: limit.resourceName,
    resource_limit: limit.resourceLimit,
    description: limit.description,
  };
}
