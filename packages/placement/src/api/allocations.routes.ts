import type { Context } from '@kumo/core/context';
import { badRequest } from '@kumo/core/errors';
import { type BodyOf, implement, type Route } from '@kumo/core/http';
import type { Allocations, WantedAllocations } from '../app/allocations.ts';
import type { Candidate, CandidateQuery, Candidates } from '../app/candidates.ts';
import { capacityOf } from '../app/capacity.ts';
import { parseAmounts, parseMemberOf, parseTraits } from '../app/query.ts';
import * as api from './allocations.ts';
import { minorOf } from './resource-providers.routes.ts';

function wantedOf(ctx: Context, consumer: string, body: BodyOf<typeof api.replaceAllocations>): WantedAllocations {
  const minor = minorOf(ctx);
  if (minor >= 28 && body.consumer_generation === undefined)
    throw badRequest({
      message: `consumer_generation of ${consumer} is required since microversion 1.28: null for a new consumer.`,
    });
  if (minor >= 38 && body.consumer_type === undefined)
    throw badRequest({ message: `consumer_type of ${consumer} is required since microversion 1.38.` });
  if (minor < 28 && Object.keys(body.allocations).length === 0)
    throw badRequest({ message: `allocations of ${consumer} must not be empty before microversion 1.28.` });
  return {
    consumer,
    byProvider: new Map(Object.entries(body.allocations).map(([uuid, { resources }]) => [uuid, resources])),
    projectId: body.project_id,
    userId: body.user_id,
    consumerType: body.consumer_type,
    consumerGeneration: body.consumer_generation,
  };
}

export const allocationRoutes = (allocations: Allocations): Route[] => [
  implement(api.showAllocations, async ({ params }) => {
    const { consumer, byProvider } = await allocations.ofConsumer(params.consumer_uuid);
    const owner = consumer && {
      project_id: consumer.projectId,
      user_id: consumer.userId,
      consumer_generation: consumer.generation,
      consumer_type: consumer.consumerType,
    };
    return { allocations: Object.fromEntries(byProvider), ...owner };
  }),
  implement(api.replaceAllocations, ({ ctx, params, body }) =>
    allocations.replace([wantedOf(ctx, params.consumer_uuid, body)]),
  ),
  implement(api.deleteAllocations, ({ params }) => allocations.delete(params.consumer_uuid)),
  implement(api.manageAllocations, ({ ctx, body }) =>
    allocations.replace(Object.entries(body).map(([consumer, one]) => wantedOf(ctx, consumer, one))),
  ),
  implement(api.listProviderAllocations, async ({ params }) => {
    const { generation, byConsumer } = await allocations.ofProvider(params.uuid);
    return {
      resource_provider_generation: generation,
      allocations: Object.fromEntries(
        [...byConsumer].map(([uuid, one]) => [uuid, { resources: one.resources, consumer_generation: one.generation }]),
      ),
    };
  }),
  implement(api.listUsages, async ({ ctx, query, authorize }) => {
    authorize({ project_id: query.project_id });
    const rows = await allocations.usages(query.project_id, query.user_id, query.consumer_type);
    if (minorOf(ctx) < 38) return { usages: sumByClass(rows) };
    const byType = Map.groupBy(rows, ({ type }) => (query.consumer_type === 'all' ? 'all' : type));
    return {
      usages: Object.fromEntries(
        [...byType].map(([type, of]) => [type, { consumer_count: consumersOf(of), ...sumByClass(of) }]),
      ),
    };
  }),
];

type UsageRows = Awaited<ReturnType<Allocations['usages']>>;

function sumByClass(rows: UsageRows): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { resource_class, used } of rows) sums[resource_class] = (sums[resource_class] ?? 0) + used;
  return sums;
}

function consumersOf(rows: UsageRows): number {
  return [...new Map(rows.map(({ type, consumers }) => [type, consumers])).values()].reduce((sum, one) => sum + one, 0);
}

export const candidateRoutes = (candidates: Candidates, maxCandidates: number): Route[] => [
  implement(api.listAllocationCandidates, async ({ ctx, query }) => {
    const minor = minorOf(ctx);
    const wanted: CandidateQuery = {
      resources: parseAmounts(query.resources),
      traits: parseTraits(query.required, minor),
      memberOf: parseMemberOf(query.member_of, minor),
      inTree: query.in_tree,
      rootTraits: parseTraits(query.root_required === undefined ? undefined : [query.root_required], minor),
      limit: Math.min(query.limit ?? maxCandidates, maxCandidates),
    };
    const found = await candidates.find(wanted);
    return {
      allocation_requests: found.map(({ provider }) => ({
        allocations: { [provider.uuid]: { resources: Object.fromEntries(wanted.resources) } },
        mappings: { '': [provider.uuid] },
      })),
      provider_summaries: Object.fromEntries(found.map((one) => [one.provider.uuid, summaryOf(one, wanted, minor)])),
    };
  }),
];

function summaryOf({ provider, inventories, traits }: Candidate, wanted: CandidateQuery, minor: number) {
  const shown =
    minor >= 27 ? inventories : inventories.filter(({ resource_class }) => wanted.resources.has(resource_class));
  return {
    resources: Object.fromEntries(
      shown.map((row) => [row.resource_class, { capacity: capacityOf(row).total, used: row.used }]),
    ),
    traits,
    parent_provider_uuid: provider.parent_uuid,
    root_provider_uuid: provider.root_uuid,
  };
}
