import type { Context } from '@kumo/core/context';
import { badRequest } from '@kumo/core/errors';
import { implement, nextLinks, type Route, sortsOf } from '@kumo/core/http';
import { canonicalIp, parseBoolean } from '@kumo/core/schema';
import type { Static } from 'typebox';
import type { ServerCreation } from '../app/server-create.ts';
import type { ServerLifecycle } from '../app/server-lifecycle.ts';
import { type ServerQuery, sortableKeys } from '../app/server-selection.ts';
import type { Server, Servers } from '../app/servers.ts';
import { serverNotFound } from '../errors.ts';
import { extraRules } from './policies.ts';
import {
  createServer,
  deleteServer,
  listServers,
  listServersDetail,
  type ServerListQuery,
  showServer,
  updateServer,
} from './servers.ts';
import { wantedServers } from './wire/server-request.ts';
import { serverLinks, serverView, type ViewOptions } from './wire/server-view.ts';
import { atLeast } from './wire/versions.ts';

export interface ServerRoutesDeps {
  servers: Servers;
  creation: ServerCreation;
  lifecycle: ServerLifecycle;
  defaultZone: string;
}

type Allows = (rule: string, target?: Record<string, unknown>) => boolean;
type Authorize = (
  target: Record<string, unknown>,
  options?: { rule?: string; notFound?: ReturnType<typeof serverNotFound> },
) => void;

/** What policies look at. */
export const targetOf = ({ projectId, userId }: Server) => ({ project_id: projectId, user_id: userId });

/** Loads a server and holds it against the operation's policy; to those who may not even see it, it looks absent. */
export async function loadServer(servers: Servers, id: string, authorize: Authorize): Promise<Server> {
  const server = await servers.get(id);
  authorize(targetOf(server), { rule: showServer.policy.name, notFound: serverNotFound({ id }) });
  authorize(targetOf(server));
  return server;
}

function viewOptions(ctx: Context, request: { baseUrl: string }, allows: Allows, defaultZone: string): ViewOptions {
  return {
    baseUrl: request.baseUrl,
    minor: ctx.version?.minor ?? 1,
    seesExtended: allows(extraRules.extendedAttributes.name),
    seesFlavorSpecs: atLeast(ctx, 47) && allows(extraRules.shownFlavorExtraSpecs.name),
    isAdmin: ctx.roles.includes('admin'),
    defaultZone,
  };
}

export function serverRoutes({ servers, creation, lifecycle, defaultZone }: ServerRoutesDeps): Route[] {
  const views = async (list: readonly Server[], ctx: Context, request: { baseUrl: string }, allows: Allows) => {
    const parts = { tags: atLeast(ctx, 26), hostStatus: atLeast(ctx, 16) && allows(extraRules.hostStatus.name) };
    const options = viewOptions(ctx, request, allows, defaultZone);
    return (await servers.full(list, parts)).map((server) => serverView(server, options));
  };
  return [
    implement(createServer, async ({ ctx, body: { server }, request, reply, authorize, allows }) => {
      if (ctx.projectId === undefined)
        throw badRequest({ message: 'A server needs a project: use a token with a project.' });
      const wanted = wantedServers(server);
      const own = { project_id: ctx.projectId, user_id: ctx.userId };
      const created = await creation.create(ctx, wanted, {
        mayUseExternalNetworks: allows(extraRules.externalNetwork.name),
        seesAllFlavors: ctx.roles.includes('admin'),
        authorizeHost: () => authorize(own, { rule: extraRules.forcedHost.name }),
        authorizeZeroDisk: () => authorize(own, { rule: extraRules.zeroDiskFlavor.name }),
      });
      const first = created.servers[0]!;
      if (server.return_reservation_id && parseBoolean(server.return_reservation_id))
        return { reservation_id: first.reservationId };
      const links = serverLinks(request.baseUrl, first.id);
      reply.header('location', links[0]!.href);
      const groups = wanted.securityGroups.length === 0 ? ['default'] : wanted.securityGroups;
      return {
        server: {
          id: first.id,
          links,
          'OS-DCF:diskConfig': first.diskConfig,
          security_groups: groups.map((name) => ({ name })),
          adminPass: created.adminPass,
        },
      };
    }),
    implement(listServers, async ({ ctx, query, request, allows, authorize }) => {
      const found = await servers.list(ctx, serverQuery(ctx, query, { allows, authorize, detail: false }));
      const last = found.hasMore ? found.servers.at(-1)?.id : undefined;
      return {
        servers: found.servers.map(({ id, name }) => ({ id, name, links: serverLinks(request.baseUrl, id) })),
        ...nextLinks('servers', request, last),
      };
    }),
    implement(listServersDetail, async ({ ctx, query, request, allows, authorize }) => {
      const found = await servers.list(ctx, serverQuery(ctx, query, { allows, authorize, detail: true }));
      const last = found.hasMore ? found.servers.at(-1)?.id : undefined;
      // Only one server's own page names its groups.
      const list = (await views(found.servers, ctx, request, allows)).map(({ server_groups: _, ...server }) => server);
      return { servers: list, ...nextLinks('servers', request, last) };
    }),
    implement(showServer, async ({ ctx, params, request, allows, authorize }) => {
      const server = await loadServer(servers, params.server_id, authorize);
      const [view] = await views([server], ctx, request, allows);
      return { server: view! };
    }),
    implement(updateServer, async ({ ctx, params, body, request, allows, authorize }) => {
      const server = await loadServer(servers, params.server_id, authorize);
      lifecycle.checkLock(ctx, server);
      const { name, accessIPv4, accessIPv6, description, hostname } = body.server;
      const updated = await servers.update(server, {
        name,
        description,
        hostname,
        accessIpv4: accessIPv4 === undefined ? undefined : (canonicalIp(accessIPv4) ?? null),
        accessIpv6: accessIPv6 === undefined ? undefined : (canonicalIp(accessIPv6) ?? null),
        diskConfig: body.server['OS-DCF:diskConfig'],
      });
      const [view] = await views([updated], ctx, request, allows);
      return { server: view! };
    }),
    implement(deleteServer, async ({ ctx, params, authorize }) => {
      await lifecycle.delete(ctx, await loadServer(servers, params.server_id, authorize), { force: false });
    }),
  ];
}

const PAGING = new Set(['limit', 'marker', 'sort_key', 'sort_dir', 'status', 'all_tenants']);

function serverQuery(
  ctx: Context,
  query: Static<typeof ServerListQuery>,
  { allows, authorize, detail }: { allows: Allows; authorize: Authorize; detail: boolean },
): ServerQuery {
  const isAdmin = allows(extraRules.allFilters.name);
  const entries = Object.entries(query).filter(([name]) => !PAGING.has(name)) as [string, string][];
  const wantsAll = isAllTenants(query.all_tenants);
  const rule = detail ? extraRules.allTenantsDetail.name : extraRules.allTenants.name;
  if (wantsAll) authorize({ project_id: ctx.projectId, user_id: ctx.userId }, { rule });
  return {
    filters: Object.fromEntries(entries),
    statuses: query.status ?? [],
    sorts: sortsOf(query, { keys: sortableKeys }),
    limit: query.limit,
    marker: query.marker,
    allTenants: wantsAll,
    isAdmin,
    strictStatus: atLeast(ctx, 38) && isAdmin,
    wideFilters: atLeast(ctx, 83),
  };
}

/** `?all_tenants` alone means yes. */
function isAllTenants(value: string | undefined): boolean {
  if (value === undefined) return false;
  if (value === '') return true;
  if (!/^(?:true|t|yes|y|on|1|false|f|no|n|off|0)$/i.test(value.trim()))
    throw badRequest({ message: `Invalid input for query parameters all_tenants. Value: ${value}` });
  return parseBoolean(value);
}
