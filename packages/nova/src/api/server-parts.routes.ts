import { badRequest } from '@kumo/core/errors';
import { implement, nextLinks, type Route } from '@kumo/core/http';
import type { InstanceActions } from '../app/instance-actions.ts';
import type { ServerConsole } from '../app/server-console.ts';
import type { ServerLifecycle } from '../app/server-lifecycle.ts';
import type { Server, Servers } from '../app/servers.ts';
import { metadataKeyNotFound, networkLabelNotFound, serverNotFound, tagNotFound } from '../errors.ts';
import { extraRules } from './policies.ts';
import * as parts from './server-parts.ts';
import { loadServer, targetOf } from './servers.routes.ts';
import { showServer } from './servers.ts';
import { actionView, diagnosticsView, eventView } from './wire/action-view.ts';
import { addressesView } from './wire/server-view.ts';
import { atLeast } from './wire/versions.ts';

export interface PartsDeps {
  servers: Servers;
  lifecycle: ServerLifecycle;
  consoles: ServerConsole;
  actions: InstanceActions;
}

interface Input {
  ctx: Parameters<ServerLifecycle['checkLock']>[0];
  params: { server_id: string };
  authorize: Parameters<typeof loadServer>[2];
}

export function serverPartRoutes(deps: PartsDeps): Route[] {
  return [...metadataRoutes(deps), ...addressRoutes(deps), ...tagRoutes(deps), ...actionRoutes(deps)];
}

function metadataRoutes({ servers, lifecycle }: PartsDeps): Route[] {
  const load = ({ params, authorize }: Input) => loadServer(servers, params.server_id, authorize);
  const change = async (input: Input, work: (old: Record<string, string>) => Record<string, string>) => {
    const server = await load(input);
    lifecycle.checkLock(input.ctx, server);
    return servers.changeMetadata(server, work);
  };
  return [
    implement(parts.listMetadata, async (input) => ({ metadata: await servers.metadata(await load(input)) })),
    implement(parts.createMetadata, async (input) => ({
      metadata: await change(input, (old) => ({ ...old, ...input.body.metadata })),
    })),
    implement(parts.replaceMetadata, async (input) => ({ metadata: await change(input, () => input.body.metadata) })),
    implement(parts.showMetadataItem, async (input) => {
      const { key } = input.params;
      const value = (await servers.metadata(await load(input)))[key];
      if (value === undefined) throw metadataKeyNotFound();
      return { meta: { [key]: value } };
    }),
    implement(parts.updateMetadataItem, async (input) => {
      const { meta } = input.body;
      if (!Object.hasOwn(meta, input.params.key)) throw badRequest({ message: 'Request body and URI mismatch' });
      await change(input, (old) => ({ ...old, ...meta }));
      return { meta };
    }),
    implement(parts.deleteMetadataItem, async (input) => {
      await change(input, (old) => {
        const { [input.params.key]: value, ...rest } = old;
        if (value === undefined) throw metadataKeyNotFound();
        return rest;
      });
    }),
  ];
}

const plain = (server: Server) =>
  Object.fromEntries(
    Object.entries(addressesView(server.networkInfo)).map(([label, addresses]) => [
      label,
      addresses.map(({ version, addr }) => ({ version, addr })),
    ]),
  );

function addressRoutes({ servers }: PartsDeps): Route[] {
  return [
    implement(parts.listIps, async ({ params, authorize }) => ({
      addresses: plain(await loadServer(servers, params.server_id, authorize)),
    })),
    implement(parts.showIps, async ({ params, authorize }) => {
      const { network_label: label } = params;
      const addresses = plain(await loadServer(servers, params.server_id, authorize));
      if (!addresses[label]) throw networkLabelNotFound();
      return { [label]: addresses[label] };
    }),
  ];
}

function tagRoutes({ servers }: PartsDeps): Route[] {
  const load = ({ params, authorize }: Input) => loadServer(servers, params.server_id, authorize);
  return [
    implement(parts.listTags, async (input) => ({ tags: await servers.tags(await load(input)) })),
    implement(parts.replaceTags, async (input) => ({
      tags: await servers.replaceTags(await load(input), input.body.tags),
    })),
    implement(parts.deleteTags, async (input) => {
      await servers.removeTags(await load(input));
    }),
    implement(parts.showTag, async (input) => {
      const { server_id: id, tag } = input.params;
      if (!(await servers.tags(await load(input))).includes(tag)) throw tagNotFound({ id, tag });
    }),
    implement(parts.addTag, async (input) => {
      const { server_id: id, tag } = input.params;
      const isNew = await servers.addTag(await load(input), tag);
      if (!isNew) input.reply.status(204);
      input.reply.header('location', `${input.request.baseUrl}/v2.1/servers/${id}/tags/${encodeURIComponent(tag)}`);
    }),
    implement(parts.deleteTag, async (input) => {
      const { server_id: id, tag } = input.params;
      if ((await servers.removeTags(await load(input), tag)) === 0) throw tagNotFound({ id, tag });
    }),
  ];
}

function actionRoutes({ servers, consoles, actions }: PartsDeps): Route[] {
  /** From 2.21 on the actions of a deleted server can be read. */
  const load = async ({ ctx, params, authorize }: Input) => {
    const server = await servers.get(params.server_id, { deleted: atLeast(ctx, 21) });
    authorize(targetOf(server), { rule: showServer.policy.name, notFound: serverNotFound({ id: params.server_id }) });
    authorize(targetOf(server));
    return server;
  };
  return [
    implement(parts.listInstanceActions, async (input) => {
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
    implement(parts.showInstanceAction, async (input) => {
      const { ctx, params, allows } = input;
      const server = await load(input);
      const { action, events } = await actions.show(server, params.request_id);
      const isAdmin = allows(extraRules.actionEvents.name);
      const seesDetails = allows(extraRules.actionEventDetails.name);
      if (!isAdmin && !atLeast(ctx, 51)) return { instanceAction: actionView(action) };
      const shown = events.map((event) => eventView(event, { projectId: server.projectId, isAdmin, seesDetails }));
      return { instanceAction: { ...actionView(action), events: shown } };
    }),
    implement(parts.showDiagnostics, async ({ ctx, params, authorize }) => {
      const server = await loadServer(servers, params.server_id, authorize);
      return diagnosticsView(await consoles.diagnostics(ctx, server), { standard: atLeast(ctx, 48) });
    }),
  ];
}
