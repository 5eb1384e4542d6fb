import type { Context } from '@kumo/core/context';
import { badRequest } from '@kumo/core/errors';
import { flatText, implement, nextLinks, type Route, sortsOf } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { Static } from 'typebox';
import { type Flavor, type Flavors, flavorSortKeys, type NewFlavor } from '../app/flavors.ts';
import * as ops from './flavors.ts';
import { extraRules } from './policies.ts';
import { atLeast } from './wire/versions.ts';

const linksOf = (baseUrl: string, id: string) => [
  { rel: 'self', href: flatText`${baseUrl}/v2.1/flavors/${id}` },
  { rel: 'bookmark', href: flatText`${baseUrl}/flavors/${id}` },
];

function flavorView(
  flavor: Flavor,
  { baseUrl, ctx, seesSpecs }: { baseUrl: string; ctx: Context; seesSpecs: boolean },
) {
  return {
    id: flavor.id,
    name: flavor.name,
    ram: flavor.memoryMb,
    disk: flavor.rootGb,
    vcpus: flavor.vcpus,
    swap: flavor.swapMb === 0 && !atLeast(ctx, 75) ? ('' as const) : flavor.swapMb,
    'OS-FLV-EXT-DATA:ephemeral': flavor.ephemeralGb,
    'OS-FLV-DISABLED:disabled': flavor.disabled,
    'os-flavor-access:is_public': flavor.isPublic,
    rxtx_factor: flavor.rxtxFactor,
    links: linksOf(baseUrl, flavor.id),
    description: flavor.description,
    ...(seesSpecs ? { extra_specs: flavor.extraSpecs } : {}),
  };
}

const MAX = 0x7fffffff;

function whole(name: string, value: number | string | undefined, least: number, fallback: number): number {
  const number = value === undefined ? fallback : Number(value);
  if (number < least || number > MAX)
    throw badRequest({
      message: `Invalid input for field/attribute ${name}. Value: ${value}. It must be between ${least} and ${MAX}`,
    });
  return number;
}

function newFlavor({ flavor }: Static<typeof ops.createFlavor.body>): NewFlavor {
  const { id } = flavor;
  const isPublic = flavor['os-flavor-access:is_public'];
  return {
    id: id === undefined || id === null || id === 'auto' ? undefined : String(id),
    name: flavor.name,
    description: flavor.description ?? null,
    vcpus: whole('vcpus', flavor.vcpus, 1, 1),
    memoryMb: whole('ram', flavor.ram, 1, 1),
    rootGb: whole('disk', flavor.disk, 0, 0),
    ephemeralGb: whole('OS-FLV-EXT-DATA:ephemeral', flavor['OS-FLV-EXT-DATA:ephemeral'], 0, 0),
    swapMb: whole('swap', flavor.swap, 0, 0),
    rxtxFactor: Number(flavor.rxtx_factor ?? 1),
    isPublic: isPublic === undefined || parseBoolean(isPublic),
  };
}

/** Admins see all flavors, others those that are public or given to their project. */
const scopeOf = (ctx: Context) => (ctx.roles.includes('admin') ? undefined : (ctx.projectId ?? ''));

/** `None` asks an admin's list for both kinds; others see what they may use. */
function publicOf(ctx: Context, text: string | undefined): boolean | undefined {
  if (!ctx.roles.includes('admin')) return undefined;
  if (text === undefined) return true;
  if (/^none$/i.test(text)) return undefined;
  if (!/^(?:true|t|yes|y|on|1|false|f|no|n|off|0)$/i.test(text.trim()))
    throw badRequest({ message: `is_public must be true, false or none, not ${JSON.stringify(text.slice(0, 64))}.` });
  return parseBoolean(text);
}

export function flavorRoutes(flavors: Flavors): Route[] {
  const list = (ctx: Context, query: Static<typeof ops.listFlavors.query>) =>
    flavors.list({
      scope: scopeOf(ctx),
      isPublic: publicOf(ctx, query.is_public),
      minRamMb: query.minRam,
      minDiskGb: query.minDisk,
      sorts: sortsOf(query, { keys: flavorSortKeys, direction: 'asc' }),
      limit: query.limit,
      marker: query.marker,
    });
  const view = (
    flavor: Flavor,
    input: { ctx: Context; request: { baseUrl: string }; allows: (rule: string) => boolean },
  ) =>
    flavorView(flavor, {
      baseUrl: input.request.baseUrl,
      ctx: input.ctx,
      seesSpecs: atLeast(input.ctx, 61) && input.allows(extraRules.flavorExtraSpecs.name),
    });
  const access = (id: string, projects: readonly string[]) => ({
    flavor_access: projects.map((tenant_id) => ({ flavor_id: id, tenant_id })),
  });
  return [
    implement(ops.listFlavors, async ({ ctx, query, request }) => {
      const found = await list(ctx, query);
      const last = found.hasMore ? found.flavors.at(-1)?.id : undefined;
      const brief = found.flavors.map(({ id, name, description }) => ({
        id,
        name,
        description,
        links: linksOf(request.baseUrl, id),
      }));
      return { flavors: brief, ...nextLinks('flavors', request, last) };
    }),
    implement(ops.listFlavorsDetail, async (input) => {
      const found = await list(input.ctx, input.query);
      const last = found.hasMore ? found.flavors.at(-1)?.id : undefined;
      return {
        flavors: found.flavors.map((flavor) => view(flavor, input)),
        ...nextLinks('flavors', input.request, last),
      };
    }),
    implement(ops.showFlavor, async (input) => ({
      flavor: view(await flavors.get(input.params.flavor_id, scopeOf(input.ctx)), input),
    })),
    implement(ops.createFlavor, async (input) => ({
      flavor: view(await flavors.create(newFlavor(input.body)), input),
    })),
    implement(ops.updateFlavor, async (input) => ({
      flavor: view(await flavors.describe(input.params.flavor_id, input.body.flavor.description), input),
    })),
    implement(ops.deleteFlavor, ({ params }) => flavors.delete(params.flavor_id)),
    implement(ops.listExtraSpecs, async ({ ctx, params }) => ({
      extra_specs: (await flavors.get(params.flavor_id, scopeOf(ctx))).extraSpecs,
    })),
    implement(ops.createExtraSpecs, async ({ params, body }) => ({
      extra_specs: await flavors.setExtraSpecs(params.flavor_id, texts(body.extra_specs)),
    })),
    implement(ops.showExtraSpec, async ({ ctx, params: { flavor_id, key } }) => ({
      [key]: await flavors.extraSpec(flavor_id, scopeOf(ctx), key),
    })),
    implement(ops.updateExtraSpec, async ({ params: { flavor_id, key }, body }) => {
      if (Object.keys(body).length !== 1)
        throw badRequest({
          message: `Request body contains ${Object.keys(body).length} items: it must have one, ${key}.`,
        });
      if (!Object.hasOwn(body, key))
        throw badRequest({ message: `Request body and URI mismatch: the body must have the key ${key}.` });
      return flavors.setExtraSpecs(flavor_id, texts(body));
    }),
    implement(ops.deleteExtraSpec, ({ params: { flavor_id, key } }) => flavors.deleteExtraSpec(flavor_id, key)),
    implement(ops.listFlavorAccess, async ({ params: { flavor_id: id } }) => access(id, await flavors.access(id))),
    implement(ops.addTenantAccess, async ({ ctx, params: { flavor_id: id }, body }) =>
      access(id, await flavors.addAccess(id, body.addTenantAccess.tenant, atLeast(ctx, 7))),
    ),
    implement(ops.removeTenantAccess, async ({ params: { flavor_id: id }, body }) =>
      access(id, await flavors.removeAccess(id, body.removeTenantAccess.tenant)),
    ),
  ];
}

function texts(specs: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(specs).map(([key, value]) => [key, String(value)]));
}
