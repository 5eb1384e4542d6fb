import { implement, type RequestFacts, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { tagNotFound } from '../app/project-tags.ts';
import { notFound } from '../errors.ts';
import {
  addProjectTag,
  checkProjectTag,
  deleteProjectTag,
  deleteProjectTags,
  listProjectTags,
  replaceProjectTags,
} from './projects.ts';
import { MAX_TAGS } from './tags.ts';
import { targetOf } from './wire/targets.ts';

type Authorize = (target: Record<string, unknown>) => void;

export function projectTagRoutes({ projects, projectTags }: KeystoneParts): Route[] {
  /** A project whose policy holds. */
  const look = async (id: string, authorize: Authorize): Promise<string> => {
    const project = await projects.find(id);
    authorize(targetOf({ project }));
    if (!project) throw notFound({ kind: 'project', id });
    return id;
  };
  const links = ({ baseUrl, url }: RequestFacts) => ({ self: `${baseUrl}${url}` });
  return [
    implement(listProjectTags, async ({ params, authorize, request }) => {
      const id = await look(params.project_id, authorize);
      return { tags: await projectTags.list(id), links: links(request) };
    }),
    implement(replaceProjectTags, async ({ params, body, authorize, request }) => {
      const id = await look(params.project_id, authorize);
      return { tags: await projectTags.replace(id, body.tags), links: links(request) };
    }),
    implement(deleteProjectTags, async ({ params, authorize }) => {
      await projectTags.replace(await look(params.project_id, authorize), []);
    }),
    implement(checkProjectTag, async ({ params, authorize }) => {
      const tags = await projectTags.list(await look(params.project_id, authorize));
      if (!tags.includes(params.tag)) throw tagNotFound(params.tag);
    }),
    implement(addProjectTag, async ({ params, authorize, reply, request }) => {
      const id = await look(params.project_id, authorize);
      await projectTags.add(id, params.tag, MAX_TAGS);
      reply.header('Location', `${request.baseUrl}/v3/projects/${id}/tags/${encodeURIComponent(params.tag)}`);
    }),
    implement(deleteProjectTag, async ({ params, authorize }) => {
      await projectTags.remove(await look(params.project_id, authorize), params.tag);
    }),
  ];
}
