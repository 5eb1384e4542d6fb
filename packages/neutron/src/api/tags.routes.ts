import { implement, type Route, routeNotFound } from '@kumo/core/http';
import type { Tags } from '../app/tags.ts';
import { callerOf } from './caller.ts';
import { addTag, addTags, checkTag, deleteTag, deleteTags, listTags, replaceTags, taggable } from './tags.ts';

function placeOf(params: { resource_type: string; resource_id: string }) {
  const type = taggable.find((one) => one === params.resource_type);
  if (!type) throw routeNotFound();
  return { type, id: params.resource_id };
}

export function tagRoutes(tags: Tags): Route[] {
  return [
    implement(listTags, async (input) => ({ tags: await tags.list(callerOf(input), placeOf(input.params)) })),
    implement(replaceTags, async (input) => ({
      tags: await tags.replace(callerOf(input), placeOf(input.params), input.body.tags),
    })),
    implement(addTags, async (input) => ({
      tags: await tags.add(callerOf(input), placeOf(input.params), input.body.tags),
    })),
    implement(deleteTags, (input) => tags.remove(callerOf(input), placeOf(input.params))),
    implement(checkTag, (input) => tags.has(callerOf(input), placeOf(input.params), input.params.tag)),
    implement(addTag, async (input) => {
      await tags.add(callerOf(input), placeOf(input.params), [input.params.tag]);
    }),
    implement(deleteTag, (input) => tags.remove(callerOf(input), placeOf(input.params), input.params.tag)),
  ];
}
