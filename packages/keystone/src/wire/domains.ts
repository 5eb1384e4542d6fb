import type { RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { DomainBody } from '../api/domains.ts';
import type { Project } from '../db/projects.ts';

/** A domain as clients see it. */
export function domainToWire(domain: Project, request: Pick<RequestFacts, 'baseUrl'>): Static<typeof DomainBody> {
  return {
    ...domain.extra,
    id: domain.id,
    name: domain.name,
    description: domain.description,
    enabled: domain.enabled,
    tags: [],
    options: domain.options,
    links: { self: `${request.baseUrl}/v3/domains/${domain.id}` },
  };
}
