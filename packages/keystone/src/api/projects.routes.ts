import type { Context } from '@kumo/core/context';
import { implement, type RequestFacts, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { KeystoneParts } from '../app/compose.ts';
import type { ProjectTree } from '../app/projects.ts';
import { invalid, notFound } from '../errors.ts';
import {
  createProject,
  deleteProject,
  listProjects,
  type ProjectCreate,
  showProject,
  updateProject,
} from './projects.ts';
import { domainFor, ownDomain, pageLinks } from './wire/lists.ts';
import { idTree, listTree, projectFromWire, projectToWire } from './wire/projects.ts';
import { commaList, equalities, flag, flagValue, nameFilters } from './wire/query.ts';
import { newIn, targetOf } from './wire/targets.ts';

type Wanted = Static<typeof ProjectCreate>;
type Query = Readonly<
  Record<'parents_as_list' | 'parents_as_ids' | 'subtree_as_list' | 'subtree_as_ids', string | undefined>
>;

export function projectRoutes(parts: KeystoneParts): Route[] {
  const { projects } = parts;
  return [
    listRoute(parts),
    implement(createProject, async ({ ctx, body, authorize, request }) => {
      const place = await placeOf(body.project, ctx, parts);
      authorize(newIn('project', place.domainId));
      const project = await projects.create({ ...projectFromWire(body.project), ...place, name: body.project.name });
      return { project: projectToWire(project, body.project.tags ?? [], request) };
    }),
    implement(showProject, async ({ params, query, authorize, request }) => {
      const project = await projects.find(params.project_id);
      authorize(targetOf({ project }));
      if (!project) throw notFound({ kind: 'project', id: params.project_id });
      const tags = (await projects.tagsOf([project])).get(project.id) ?? [];
      return {
        project: { ...projectToWire(project, tags, request), ...(await relatives(parts, project.id, query, request)) },
      };
    }),
    implement(updateProject, async ({ params, body, authorize, request }) => {
      authorize(targetOf({ project: await projects.find(params.project_id) }));
      const { domain_id, parent_id, is_domain } = body.project;
      const moves = { domainId: domain_id, parentId: parent_id, isDomain: is_domain };
      const project = await projects.update(params.project_id, { ...projectFromWire(body.project), ...moves });
      const tags = (await projects.tagsOf([project])).get(project.id) ?? [];
      return { project: projectToWire(project, tags, request) };
    }),
    implement(deleteProject, async ({ params, authorize }) => {
      authorize(targetOf({ project: await projects.find(params.project_id) }));
      await projects.delete(params.project_id);
    }),
  ];
}

function listRoute({ projects }: KeystoneParts): Route {
  return implement(listProjects, async ({ ctx, query, authorize, request }) => {
    authorize({ target: { domain_id: ctx.domainId } });
    const { domain_id, parent_id, enabled, is_domain, limit, marker } = query;
    const isDomain = flagValue(is_domain) ?? 0;
    const filters = [
      ...nameFilters(query),
      ...equalities({ domain_id, parent_id, enabled: flagValue(enabled), is_domain: isDomain }),
      ...ownDomain(ctx, isDomain === 1 ? 'id' : 'domain_id'),
    ];
    const tagFilters = {
      tags: commaList(query.tags),
      tagsAny: commaList(query['tags-any']),
      notTags: commaList(query['not-tags']),
      notTagsAny: commaList(query['not-tags-any']),
    };
    const found = await projects.list({ filters, tagFilters, limit, marker });
    const tags = await projects.tagsOf(found.rows);
    return {
      projects: found.rows.map((one) => projectToWire(one, tags.get(one.id) ?? [], request)),
      links: pageLinks(request, found),
    };
  });
}

/** Where a new project shall be. The domain is that of the parent when only that is named. */
async function placeOf(wanted: Wanted, ctx: Context, { projects }: KeystoneParts) {
  const isDomain = wanted.is_domain ?? false;
  if (isDomain) {
    if (wanted.domain_id != null || wanted.parent_id != null)
      throw invalid({ message: 'A domain has neither domain_id nor parent_id.' });
    return { domainId: '', isDomain };
  }
  const parent = wanted.parent_id == null ? undefined : await projects.find(wanted.parent_id);
  const domainId = domainFor(wanted.domain_id ?? (parent && (parent.domainId ?? parent.id)), ctx);
  return { domainId, parentId: wanted.parent_id ?? undefined, isDomain };
}

/** `parents_as_list` and the like. @throws invalid when both forms are asked for. */
async function relatives({ projects }: KeystoneParts, id: string, query: Partial<Query>, request: RequestFacts) {
  const asked = (name: keyof Query) => query[name] !== undefined && flag(query[name]);
  if ((asked('parents_as_list') && asked('parents_as_ids')) || (asked('subtree_as_list') && asked('subtree_as_ids')))
    throw invalid({ message: 'Ask for relatives as a list or as ids, not as both.' });
  const project = await projects.find(id);
  if (!project) return {};
  const wire: Record<string, unknown> = {};
  if (asked('parents_as_list') || asked('parents_as_ids')) {
    const parents = await projects.parents(project);
    const ids = parents.toReversed().reduce<unknown>((above, one) => ({ [one.id]: above }), null);
    wire.parents = asked('parents_as_ids') ? ids : parents.map((one) => ({ project: projectToWire(one, [], request) }));
  }
  if (asked('subtree_as_list') || asked('subtree_as_ids')) {
    const tree: ProjectTree = await projects.subtree(project);
    wire.subtree = asked('subtree_as_ids') ? idTree(tree) : listTree(tree, request);
  }
  return wire;
}
