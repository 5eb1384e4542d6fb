import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { invalid, notFound } from '../errors.ts';
import {
  addProjectTag,
  checkProjectTag,
  deleteProjectTag,
  deleteProjectTags,
  listProjectTags,
  replaceProjectTags,
} from './projects.ts';
import { targetOf } from './wire/targets.ts';

const MAX_TAGS = 80;

export function projectTagRoutes({ projects }: KeystoneParts): Route[] {
  /** The tags of a project whose policy holds. */
  const tagsOf = async (id: string, authorize: (target: Record<string, unknown>) => void): Promise<string[]> => {
    const project = await projects.find(id);
    authorize(targetOf({ project }));
    if (!project) throw notFound({ kind: 'project', id });
    return (await projects.tagsOf([project])).get(id) ?? [];
  };
  const tagNotFound = (tag: string) => notFound({ kind: 'project tag', id: tag });
  return [
    implement(listProjectTags, async ({ params, authorize, request }) => ({
      tags: await tagsOf(params.project_id, authorize),
      links: { self: `${request.baseUrl}/v3/projects/${params.project_id}/tags` },
    })),
    implement(replaceProjectTags, async ({ params, body, authorize, request }) => {
      await tagsOf(params.project_id, authorize);
      await projects.replaceTags(params.project_id, body.tags);
      return { tags: body.tags, links: { self: `${request.baseUrl}/v3/projects/${params.project_id}/tags` } };
    }),
    implement(deleteProjectTags, async ({ params, authorize }) => {
      await tagsOf(params.project_id, authorize);
      await projects.replaceTags(params.project_id, []);
    }),
    implement(checkProjectTag, async ({ params, authorize }) => {
      const tags = await tagsOf(params.project_id, authorize);
      if (!tags.includes(params.tag)) throw tagNotFound(params.tag);
    }),
    implement(addProjectTag, async ({ params, authorize, reply, request }) => {
      const tags = await tagsOf(params.project_id, authorize);
      if (tags.length >= MAX_TAGS && !tags.includes(params.tag))
        throw invalid({ message: `A project has at most ${MAX_TAGS} tags.` });
      await projects.replaceTags(params.project_id, [...tags, params.tag]);
      reply.header(
        'Location',
        `${request.baseUrl}/v3/projects/${params.project_id}/tags/${encodeURIComponent(params.tag)}`,
      );
    }),
    implement(deleteProjectTag, async ({ params, authorize }) => {
      const tags = await tagsOf(params.project_id, authorize);
      if (!tags.includes(params.tag)) throw tagNotFound(params.tag);
      await projects.replaceTags(
        params.project_id,
        tags.filter((one) => one !== params.tag),
      );
    }),
  ];
}
