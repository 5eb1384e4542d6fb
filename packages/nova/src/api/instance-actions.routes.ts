import type { Context } from '@kumo/core/context';
import { implement, nextLinks, type Route } from '@kumo/core/http';
import type { InstanceActions } from '../app/instance-actions.ts';
import type { Servers } from '../app/servers.ts';
import { serverNotFound } from '../errors.ts';
import { listInstanceActions, showInstanceAction } from './instance-actions.ts';
import { extraRules } from './policies.ts';
import { type loadServer, targetOf } from './servers.routes.ts';
import { showServer } from './servers.ts';
import { actionView, eventView } from './wire/action-view.ts';
import { atLeast } from './wire/versions.ts';

interface Input {
  ctx: Context;
  params: { server_id: string };
  authorize: Parameters<typeof loadServer>[2];
}

export function instanceActionRoutes({ servers, actions }: { servers: Servers; actions: InstanceActions }): Route[] {
  /** From 2.21 on the actions of a deleted server can be read. */
  const load = async ({ ctx, params, authorize }: Input) => {
    const server = await servers.get(params.server_id, { deleted: atLeast(ctx, 21) });
    authorize(targetOf(server), { rule: showServer.policy.name, notFound: serverNotFound({ id: params.server_id }) });
    authorize(targetOf(server));
    return server;
  };
  return [
    implement(listInstanceActions, async (input) => {
      const { query, request, ctx } = input;
      const found = await actions.list(await load(input), {
        limit: query.limit,
        marker: query.marker,
        changesSince: query['changes-since'],
        changesBefore: query['changes-before'],
      });
      const last = found.hasMore && atLeast(ctx, 58) ? found.rows.at(-1)?.request_id : undefined;
      const { next_links: links } = nextLinks('next', request, last);
      return { instanceActions: found.rows.map(actionView), ...(links ? { links } : {}) };
    }),
    implement(showInstanceAction, async (input) => {
      const { ctx, params, allows } = input;
      const server = await load(input);
      const { action, events } = await actions.show(server, params.request_id);
      const isAdmin = allows(extraRules.actionEvents.name);
      const seesDetails = allows(extraRules.actionEventDetails.name);
      if (!isAdmin && !atLeast(ctx, 51)) return { instanceAction: actionView(action) };
      const shown = events.map((event) => eventView(event, { projectId: server.projectId, isAdmin, seesDetails }));
      return { instanceAction: { ...actionView(action), events: shown } };
    }),
  ];
}
