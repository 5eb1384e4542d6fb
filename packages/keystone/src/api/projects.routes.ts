import type { Context } from '@kumo/core/context';
import { implement, type RequestFacts, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { KeystoneParts } from '../app/compose.ts';
import type { Project } from '../db/projects.ts';
import { invalid, notFound } from '../errors.ts';
import {
  createProject,
  deleteProject,
  listProjects,
  type ProjectCreate,
  showProject,
  updateProject,
} from './projects.ts';
import { plainLimitToWire } from './wire/limits.ts';
import { domainFor, ownDomain, pageLinks } from './wire/lists.ts';
import { parentsAsIds, projectFromWire, projectToWire, subtreeAsIds } from './wire/projects.ts';
import { commaList, equalities, flagValue, isSwitchedOn, nameFilters } from './wire/query.ts';
import { sameId } from './wire/same-id.ts';
import { newIn, targetOf } from './wire/targets.ts';

type Wanted = Static<typeof ProjectCreate>;
const RELATIVES = ['parents_as_list', 'parents_as_ids', 'subtree_as_list', 'subtree_as_ids'] as const;
type Relatives = Partial<Record<(typeof RELATIVES)[number], string>>;

export function projectRoutes(parts: KeystoneParts): Route[] {
  const { projects } = parts;
  const shown = async (project: Project, request: RequestFacts) =>
    projectToWire(project, (await projects.tagsOf([project])).get(project.id) ?? [], request);
  return [
    listRoute(parts),
    implement(createProject, async ({ ctx, body, authorize, request }) => {
      const place = placeOf(body.project, ctx);
      authorize(newIn('project', place.domainId ?? null));
      const { name } = body.project;
      const project = await projects.create({ ...projectFromWire(body.project), ...place, name });
      return { project: await shown(project, request) };
    }),
    implement(showProject, async ({ ctx, params, query, authorize, request }) => {
      const project = await projects.find(params.project_id);
      authorize(targetOf({ project }));
      if (!project) throw notFound({ kind: 'project', id: params.project_id });
      const asked = new Set(RELATIVES.filter((one) => isSwitchedOn((query as Relatives)[one])));
      const hasLimits = isSwitchedOn(query.include_limits);
      const related = await relatives(parts, { project, userId: ctx.userId, asked, hasLimits }, request);
      return { project: { ...(await shown(project, request)), ...related } };
    }),
    implement(updateProject, async ({ params, body, authorize, request }) => {
      const id = params.project_id;
      authorize(targetOf({ project: await projects.find(id) }));
      const { domain_id, parent_id, is_domain } = body.project;
      sameId(body.project, id);
      const moves = { domainId: domain_id, parentId: parent_id, isDomain: is_domain };
      const project = await projects.update(id, { ...projectFromWire(body.project), ...moves });
      // Keystone shows the extra attributes of a changed project twice.
      return { project: { ...(await shown(project, request)), extra: project.extra } };
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
      projects: found.rows.map((one) => projectToWire(one, one.hasTags ? (tags.get(one.id) ?? []) : [], request)),
      links: pageLinks(request, found),
    };
  });
}

/** Where a new project shall be: in the token's domain when none is named. */
function placeOf({ is_domain: isDomain = false, domain_id, parent_id }: Wanted, ctx: Context) {
  const parentId = parent_id ?? undefined;
  if (isDomain) return { domainId: domain_id ?? undefined, parentId, isDomain };
  return { domainId: domainFor(domain_id, ctx), parentId, isDomain };
}

interface Asked {
  readonly project: Project;
  /** Lists show the projects in which this user has a role; ids show all. */
  readonly userId: string;
  readonly asked: ReadonlySet<(typeof RELATIVES)[number]>;
  /** Each project of a list is to be shown with its limits. */
  readonly hasLimits: boolean;
}

/** @throws invalid when both forms are asked for. */
async function relatives(
  { projects, access, limits }: KeystoneParts,
  { project, userId, asked, hasLimits }: Asked,
  request: RequestFacts,
): Promise<Record<string, unknown>> {
  for (const what of ['parents', 'subtree'] as const)
    if (asked.has(`${what}_as_list`) && asked.has(`${what}_as_ids`))
      throw invalid({ message: `Cannot use ${what}_as_list and ${what}_as_ids query params at the same time.` });
  const visible = async (all: readonly Project[]) => {
    const seen = await access.projectsAmong(userId, project, all);
    const tags = await projects.tagsOf(seen);
    const found = hasLimits ? await limits.ofProjects(seen.map((one) => one.id)) : undefined;
    return seen.map((one) => {
      const shown = projectToWire(one, tags.get(one.id) ?? [], request);
      return { project: found ? { ...shown, limits: (found.get(one.id) ?? []).map(plainLimitToWire) } : shown };
    });
  };
  const wire: Record<string, unknown> = {};
  if (asked.has('parents_as_list')) wire.parents = await visible(await projects.parents(project));
  if (asked.has('parents_as_ids')) wire.parents = parentsAsIds(await projects.parents(project));
  if (asked.has('subtree_as_list')) wire.subtree = await visible(await projects.subtree(project));
  if (asked.has('subtree_as_ids')) wire.subtree = subtreeAsIds(project.id, await projects.subtree(project));
  return wire;
}
