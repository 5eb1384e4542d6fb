import type { Context } from '@kumo/core/context';
import type { Filter } from '@kumo/core/db';
import { implement, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { KeystoneParts } from '../app/compose.ts';
import type { NewLimit } from '../app/limits.ts';
import type { Limit } from '../db/limits.ts';
import { invalid, missing } from '../errors.ts';
import { createLimits, deleteLimit, listLimits, showLimit, showLimitModel, updateLimit } from './limits.ts';
import { limitToWire } from './wire/limits.ts';
import { pageLinks } from './wire/lists.ts';
import { searches } from './wire/searches.ts';

const FILTERS = {
  service_id: 'registered_limits.service_id',
  region_id: 'registered_limits.region_id',
  resource_name: 'registered_limits.resource_name',
  project_id: 'limits.project_id',
  domain_id: 'limits.domain_id',
};

export function limitRoutes({ limits, access }: KeystoneParts): Route[] {
  /** What the policy asks about a limit's owner; nothing where there is no limit. */
  const targetOf = async (limit: Limit | undefined) => {
    if (!limit) return {};
    const { projectId, domainId } = limit;
    if (projectId === null) return { target: { limit: { domain: { id: domainId } } } };
    const project = (await access.project(projectId))?.project;
    return { target: { limit: { project_id: projectId, project: { domain_id: project?.domainId } } } };
  };
  return [
    implement(showLimitModel, () => ({
      model: { name: limits.model.name, description: limits.model.description },
    })),
    implement(listLimits, async ({ ctx, query, request }) => {
      const { limit, marker } = query;
      const { filters, ofDomain } = visibleTo(ctx);
      const all = [...searches(query, FILTERS), ...filters];
      const found = await limits.list({ filters: all, ofDomain, limit, marker });
      return { limits: found.rows.map((one) => limitToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createLimits, async ({ body, request }) => {
      const created = await limits.create(body.limits.map(limitFromWire));
      return { limits: created.map((one) => limitToWire(one, request)) };
    }),
    implement(showLimit, async ({ params, authorize, request }) => {
      const limit = await limits.find(params.limit_id);
      authorize(await targetOf(limit));
      if (!limit) throw missing({ message: `Could not find limit for ${params.limit_id}.` });
      return { limit: limitToWire(limit, request) };
    }),
    implement(updateLimit, async ({ params, body, request }) => {
      const { resource_limit: resourceLimit, description } = body.limit;
      return { limit: limitToWire(await limits.update(params.limit_id, { resourceLimit, description }), request) };
    }),
    implement(deleteLimit, ({ params }) => limits.delete(params.limit_id)),
  ];
}

/** The cloud's administrators and services see every limit, others those of their domain or project. */
function visibleTo({ systemScope, roles, domainId, projectId }: Context): { filters: Filter[]; ofDomain?: string } {
  if (systemScope !== undefined || roles.includes('admin') || roles.includes('service')) return { filters: [] };
  if (domainId !== undefined) return { filters: [], ofDomain: domainId };
  if (projectId !== undefined) return { filters: [{ column: 'limits.project_id', op: 'eq', value: projectId }] };
  return { filters: [{ column: 'limits.id', op: 'in', value: [] }] };
}

type Wanted = Static<typeof createLimits.body>['limits'][number];

/** @throws invalid unless exactly one of project and domain is named. */
function limitFromWire(wanted: Wanted): NewLimit {
  const { project_id, domain_id } = wanted;
  if ((project_id === undefined) === (domain_id === undefined))
    throw invalid({ message: 'Expecting exactly one of project_id and domain_id in each limit.' });
  return {
    projectId: project_id ?? null,
    domainId: domain_id ?? null,
    serviceId: wanted.service_id,
    regionId: wanted.region_id ?? null,
    resourceName: wanted.resource_name,
    resourceLimit: wanted.resource_limit,
    description: wanted.description ?? null,
  };
}
