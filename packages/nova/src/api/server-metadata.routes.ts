import { badRequest } from '@kumo/core/errors';
import { implement, type Route } from '@kumo/core/http';
import type { ServerLifecycle } from '../app/server-lifecycle.ts';
import type { Servers } from '../app/servers.ts';
import { metadataKeyNotFound } from '../errors.ts';
import {
  createMetadata,
  deleteMetadataItem,
  listMetadata,
  replaceMetadata,
  showMetadataItem,
  updateMetadataItem,
} from './server-metadata.ts';
import { loadServer } from './servers.routes.ts';

interface Input {
  ctx: Parameters<ServerLifecycle['checkLock']>[0];
  params: { server_id: string };
  authorize: Parameters<typeof loadServer>[2];
}

export function serverMetadataRoutes({
  servers,
  lifecycle,
}: {
  servers: Servers;
  lifecycle: ServerLifecycle;
}): Route[] {
  const load = ({ params, authorize }: Input) => loadServer(servers, params.server_id, authorize);
  const change = async (input: Input, work: (old: Record<string, string>) => Record<string, string>) => {
    const server = await load(input);
    lifecycle.checkLock(input.ctx, server);
    return servers.changeMetadata(server, work);
  };
  return [
    implement(listMetadata, async (input) => ({ metadata: await servers.metadata(await load(input)) })),
    implement(createMetadata, async (input) => ({
      metadata: await change(input, (old) => ({ ...old, ...input.body.metadata })),
    })),
    implement(replaceMetadata, async (input) => ({ metadata: await change(input, () => input.body.metadata) })),
    implement(showMetadataItem, async (input) => {
      const { key } = input.params;
      const value = (await servers.metadata(await load(input)))[key];
      if (value === undefined) throw metadataKeyNotFound();
      return { meta: { [key]: value } };
    }),
    implement(updateMetadataItem, async (input) => {
      const { meta } = input.body;
      if (!Object.hasOwn(meta, input.params.key))
        throw badRequest({ message: `Request body and URI mismatch: meta must have the key ${input.params.key}.` });
      await change(input, (old) => ({ ...old, ...meta }));
      return { meta };
    }),
    implement(deleteMetadataItem, async (input) => {
      await change(input, (old) => {
        const { [input.params.key]: value, ...rest } = old;
        if (value === undefined) throw metadataKeyNotFound();
        return rest;
      });
    }),
  ];
}
