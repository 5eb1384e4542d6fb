import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { Tags } from './shared-schemas.ts';

/** Collections whose members can be tagged, as they stand in the path. */
export const taggable = ['networks', 'subnets', 'ports', 'routers', 'floatingips', 'security-groups'] as const;
export type Taggable = (typeof taggable)[number];

/** Another word than those of `taggable` names no path. */
const params = T.Object({ resource_type: T.String({ maxLength: 64 }), resource_id: T.String({ format: 'uuid' }) });
const tagParams = T.Object({ ...params.properties, tag: T.String({ minLength: 1, maxLength: 60 }) });
const path = '/v2.0/{resource_type}/{resource_id}/tags';
const TagList = T.Object({ tags: T.Array(T.String()) });
const TagInput = T.Object({ tags: Tags }, { additionalProperties: false });

/** The rule is that of the resource itself (`get_network`, `update_network`, …): the handler asks it with the row. */
const common = { policy: 'authenticated' } as const;

export const listTags = operation({
  name: 'listTags',
  method: 'GET',
  path,
  ...common,
  params,
  reply: TagList,
  errors: [401, 404],
});

export const replaceTags = operation({
  name: 'replaceTags',
  method: 'PUT',
  path,
  ...common,
  params,
  body: TagInput,
  reply: TagList,
  errors: [400, 401, 403, 404],
});

export const addTags = operation({
  name: 'addTags',
  method: 'POST',
  path,
  ...common,
  params,
  body: TagInput,
  reply: TagList,
  errors: [400, 401, 403, 404],
});

export const deleteTags = operation({
  name: 'deleteTags',
  method: 'DELETE',
  path,
  ...common,
  params,
  errors: [401, 403, 404],
});

export const checkTag = operation({
  name: 'checkTag',
  method: 'GET',
  path: `${path}/{tag}`,
  ...common,
  params: tagParams,
  status: 204,
  errors: [401, 404],
});

export const addTag = operation({
  name: 'addTag',
  method: 'PUT',
  path: `${path}/{tag}`,
  ...common,
  params: tagParams,
  status: 201,
  errors: [401, 403, 404],
});

export const deleteTag = operation({
  name: 'deleteTag',
  method: 'DELETE',
  path: `${path}/{tag}`,
  ...common,
  params: tagParams,
  errors: [401, 403, 404],
});
