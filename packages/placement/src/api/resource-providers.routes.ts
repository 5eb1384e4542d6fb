import type { Context } from '@kumo/core/context';
import { implement, type Route } from '@kumo/core/http';
import type { Inventories } from '../app/inventories.ts';
import type { Providers } from '../app/providers.ts';
import { parseAmounts, parseMemberOf, parseTraits } from '../app/query.ts';
import * as api from './resource-providers.ts';

export interface ProviderFields {
  uuid: string;
  name: string;
  generation: number;
  parent_uuid: string | null;
  root_uuid: string;
}

export const minorOf = (ctx: Context): number => ctx.version?.minor ?? 0;

/** Links by the version that brought each. */
const LINKS: readonly [string, number][] = [
  ['inventories', 0],
  ['usages', 0],
  ['aggregates', 1],
  ['traits', 6],
  ['allocations', 11],
];

function toWire(row: ProviderFields, minor: number) {
  const self = `/resource_providers/${row.uuid}`;
  return {
    uuid: row.uuid,
    name: row.name,
    generation: row.generation,
    parent_provider_uuid: row.parent_uuid,
    root_provider_uuid: row.root_uuid,
    links: [
      { rel: 'self', href: self },
      ...LINKS.filter(([, from]) => minor >= from).map(([rel]) => ({ rel, href: `${self}/${rel}` })),
    ],
  };
}

export const resourceProviderRoutes = (providers: Providers, inventories: Inventories): Route[] => [
  implement(api.listResourceProviders, async ({ ctx, query }) => {
    const minor = minorOf(ctx);
    const rows = await providers.list({
      name: query.name,
      uuid: query.uuid,
      inTree: query.in_tree,
      resources: query.resources === undefined ? undefined : parseAmounts(query.resources),
      traits: parseTraits(query.required, minor),
      memberOf: parseMemberOf(query.member_of, minor),
    });
    return { resource_providers: rows.map((row) => toWire(row, minor)) };
  }),
  implement(api.createResourceProvider, async ({ ctx, body, reply, request }) => {
    const row = await providers.create({ uuid: body.uuid, name: body.name, parentUuid: body.parent_provider_uuid });
    reply.header('location', `${request.baseUrl}/resource_providers/${row.uuid}`);
    if (minorOf(ctx) >= 20) return toWire(row, minorOf(ctx));
    reply.status(201);
    return undefined as never;
  }),
  implement(api.showResourceProvider, async ({ ctx, params }) =>
    toWire(await providers.show(params.uuid), minorOf(ctx)),
  ),
  implement(api.updateResourceProvider, async ({ ctx, params, body }) => {
    const row = await providers.update(
      params.uuid,
      { name: body.name, parentUuid: body.parent_provider_uuid },
      minorOf(ctx) >= 37,
    );
    return toWire(row, minorOf(ctx));
  }),
  implement(api.deleteResourceProvider, ({ params }) => providers.delete(params.uuid)),
  implement(api.listProviderUsages, async ({ params }) => {
    const { generation, inventories: rows } = await inventories.list(params.uuid);
    return {
      resource_provider_generation: generation,
      usages: Object.fromEntries(rows.map(({ resource_class, used }) => [resource_class, used])),
    };
  }),
  implement(api.listProviderAggregates, async ({ params }) => {
    const { provider, aggregates } = await providers.aggregates(params.uuid);
    return { aggregates, resource_provider_generation: provider.generation };
  }),
  implement(api.updateProviderAggregates, async ({ params, body }) => {
    const { generation, aggregates } = await providers.replaceAggregates(
      params.uuid,
      body.aggregates,
      body.resource_provider_generation,
    );
    return { aggregates, resource_provider_generation: generation };
  }),
];
