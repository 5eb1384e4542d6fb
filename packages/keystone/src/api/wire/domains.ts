import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import { extraOf } from '../../app/extra-attributes.ts';
import type { Project } from '../../db/projects.ts';
import type { DomainBody, DomainCreate } from '../domains.ts';

/** A domain as clients see it. */
export function domainToWire(
  domain: Project,
  tags: readonly string[],
  request: Pick<RequestFacts, 'baseUrl'>,
): Static<typeof DomainBody> {
  return {
    ...domain.extra,
    id: domain.id,
    name: domain.name,
    description: domain.description,
    enabled: domain.enabled,
    tags: [...tags],
    options: domain.options,
    links: { self: flatText`${request.baseUrl}/v3/domains/${domain.id}` },
  };
}

type Wanted = Partial<Static<typeof DomainCreate>>;
const OURS = new Set([
  'id',
  'links',
  'name',
  'description',
  'enabled',
  'options',
  'explicit_domain_id',
  'tags',
  'parent_id',
  'domain_id',
  'is_domain',
  'extra',
]);

/** What a client wants of a domain; all that is not known is kept as `extra`. */
export function domainFromWire(wanted: Wanted) {
  const { name, description, enabled, options, tags } = wanted;
  const extra = extraOf(wanted, OURS);
  return { name, description: description === null ? '' : description, enabled, options, tags, extra };
}
