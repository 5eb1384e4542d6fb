import type { RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { ProjectBody } from '../api/projects.ts';
import type { Project } from '../db/projects.ts';

/** A project as clients see it. */
export function projectToWire(
  project: Project,
  tags: readonly string[],
  request: Pick<RequestFacts, 'baseUrl'>,
): Static<typeof ProjectBody> {
  return {
    ...project.extra,
    id: project.id,
    name: project.name,
    domain_id: project.domainId,
    parent_id: project.parentId,
    is_domain: project.isDomain,
    description: project.description,
    enabled: project.enabled,
    tags: [...tags],
    options: project.options,
    links: { self: `${request.baseUrl}/v3/projects/${project.id}` },
  };
}
