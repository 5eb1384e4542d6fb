import { implement, type Route } from '@kumo/core/http';
import type { Servers } from '../app/servers.ts';
import { tagNotFound } from '../errors.ts';
import { addTag, deleteTag, deleteTags, listTags, replaceTags, showTag } from './server-tags.ts';
import { loadServer } from './servers.routes.ts';

interface Input {
  params: { server_id: string };
  authorize: Parameters<typeof loadServer>[2];
}

export function serverTagRoutes({ servers }: { servers: Servers }): Route[] {
  const load = ({ params, authorize }: Input) => loadServer(servers, params.server_id, authorize);
  return [
    implement(listTags, async (input) => ({ tags: await servers.tags(await load(input)) })),
    implement(replaceTags, async (input) => ({
      tags: await servers.replaceTags(await load(input), input.body.tags),
    })),
    implement(deleteTags, async (input) => {
      await servers.removeTags(await load(input));
    }),
    implement(showTag, async (input) => {
      const { server_id: id, tag } = input.params;
      if (!(await servers.tags(await load(input))).includes(tag)) throw tagNotFound({ id, tag });
    }),
    implement(addTag, async (input) => {
      const { server_id: id, tag } = input.params;
      const isNew = await servers.addTag(await load(input), tag);
      if (!isNew) input.reply.status(204);
      input.reply.header('location', `${input.request.baseUrl}/v2.1/servers/${id}/tags/${encodeURIComponent(tag)}`);
    }),
    implement(deleteTag, async (input) => {
      const { server_id: id, tag } = input.params;
      if ((await servers.removeTags(await load(input), tag)) === 0) throw tagNotFound({ id, tag });
    }),
  ];
}
