import type { RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { ProjectTree } from '../../app/projects.ts';
import type { Project } from '../../db/projects.ts';
import type { ProjectBody, ProjectCreate } from '../projects.ts';

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

type Wanted = Partial<Static<typeof ProjectCreate>>;
/** What clients may send and nobody keeps: it is ours to say. */
const OURS = new Set([
  'id',
  'links',
  'domain_id',
  'parent_id',
  'is_domain',
  'tags',
  'name',
  'description',
  'enabled',
  'options',
]);

/** What a client wants of a project; all that is not known is kept as `extra`. */
export function projectFromWire(wanted: Wanted) {
  const { name, description, enabled, tags, options } = wanted;
  const extra = Object.fromEntries(Object.entries(wanted).filter(([key]) => !OURS.has(key)));
  return { name, description: description === null ? '' : description, enabled, tags, options, extra };
}

/** `{child: {grandchild: null}}`, null for no children. */
export function idTree({ children }: ProjectTree): unknown {
  if (children.length === 0) return null;
  return Object.fromEntries(children.map((one) => [one.project.id, idTree(one)]));
}

/** All below, one after the other. */
export function listTree({ children }: ProjectTree, request: Pick<RequestFacts, 'baseUrl'>): unknown[] {
  return children.flatMap((one) => [{ project: projectToWire(one.project, [], request) }, ...listTree(one, request)]);
}
