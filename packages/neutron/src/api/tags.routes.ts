import { implement, type Route } from '@kumo/core/http';
import type { Tags } from '../app/tags.ts';
import { callerOf } from './caller.ts';
import { addTag, addTags, checkTag, deleteTag, deleteTags, listTags, replaceTags, type Taggable } from './tags.ts';

const placeOf = (params: { resource_type: string; resource_id: string }) => ({
  type: params.resource_type as Taggable,
  id: params.resource_id,
});

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
