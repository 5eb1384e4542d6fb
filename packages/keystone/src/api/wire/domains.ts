import type { RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { Project } from '../../db/projects.ts';
import type { DomainBody, DomainCreate } from '../domains.ts';

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

type Wanted = Partial<Static<typeof DomainCreate>>;
const OURS = new Set(['id', 'links', 'name', 'description', 'enabled', 'options', 'explicit_domain_id', 'tags']);

/** What a client wants of a domain; all that is not known is kept as `extra`. */
export function domainFromWire(wanted: Wanted) {
  const { name, description, enabled, options } = wanted;
  const extra = Object.fromEntries(Object.entries(wanted).filter(([key]) => !OURS.has(key)));
  return { name, description: description === null ? '' : description, enabled, options, extra };
}
