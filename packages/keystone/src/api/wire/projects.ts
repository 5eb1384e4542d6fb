import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import { extraOf } from '../../app/extra-attributes.ts';
import type { Project } from '../../db/projects.ts';
import type { ProjectBody, ProjectCreate } from '../projects.ts';

/** A project as clients see it. */
export function projectToWire(
  project: Project,
  tags: readonly string[],
  request: Pick<RequestFacts, 'baseUrl'>,
): Static<typeof ProjectBody> {
  const shown = {
    id: project.id,
    name: project.name,
    domain_id: project.domainId,
    parent_id: project.parentId,
    is_domain: project.isDomain,
    description: project.description,
    enabled: project.enabled,
    tags: tags as string[],
    options: project.options,
    links: { self: flatText`${request.baseUrl}/v3/projects/${project.id}` },
  };
  // Most have nothing more, and long lists are made of them.
  return Object.keys(project.extra).length === 0 ? shown : { ...project.extra, ...shown };
}

type Wanted = Partial<Static<typeof ProjectCreate>>;
/** What is not kept as it is sent: it is ours to say, or has a place of its own. */
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
  'extra',
]);

/** What a client wants of a project; all that is not known is kept as `extra`. */
export function projectFromWire(wanted: Wanted) {
  const { name, description, enabled, tags, options } = wanted;
  const extra = extraOf(wanted, OURS);
  return { name, description: description === null ? '' : description, enabled, tags, options, extra };
}

/** `{child: {grandchild: null}}` of all that is below a project; null when nothing is. */
export function subtreeAsIds(parentId: string, below: readonly Project[]): unknown {
  const children = Map.groupBy(below, (one) => one.parentId);
  const treeOf = (id: string): unknown => {
    const own = children.get(id);
    return own ? Object.fromEntries(own.map((one) => [one.id, treeOf(one.id)])) : null;
  };
  return treeOf(parentId);
}

/** `{parent: {grandparent: null}}`; null for a domain. */
export function parentsAsIds(above: readonly Project[]): unknown {
  return above.toReversed().reduce<unknown>((further, one) => ({ [one.id]: further }), null);
}
