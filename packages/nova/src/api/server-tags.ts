import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { member, reader } from './policies.ts';
import { onServer, ServerParams, strict, Tag } from './shared-schemas.ts';

const TagParams = T.Object({ ...ServerParams.properties, tag: Tag });
const tags = { ...onServer, versions: { min: '2.26' }, errors: [400, 401, 403, 404, 409] } as const;
const Tags = T.Object({ tags: T.Array(T.String()) });
const tagsPath = '/v2.1/servers/{server_id}/tags';
const tagPath = '/v2.1/servers/{server_id}/tags/{tag}';
export const listTags = operation({
  ...tags,
  name: 'listTags',
  method: 'GET',
  path: tagsPath,
  policy: reader('os-server-tags:index'),
  reply: Tags,
});
export const replaceTags = operation({
  ...tags,
  name: 'replaceTags',
  method: 'PUT',
  path: tagsPath,
  policy: member('os-server-tags:update_all'),
  body: strict({ tags: T.Array(Tag, { maxItems: 50 }) }),
  reply: Tags,
});
export const deleteTags = operation({
  ...tags,
  name: 'deleteTags',
  method: 'DELETE',
  path: tagsPath,
  policy: member('os-server-tags:delete_all'),
  status: 204,
});
export const showTag = operation({
  ...tags,
  name: 'showTag',
  method: 'GET',
  path: tagPath,
  params: TagParams,
  policy: reader('os-server-tags:show'),
  status: 204,
});
export const addTag = operation({
  ...tags,
  name: 'addTag',
  method: 'PUT',
  path: tagPath,
  params: TagParams,
  policy: member('os-server-tags:update'),
  status: 201,
});
export const deleteTag = operation({
  ...tags,
  name: 'deleteTag',
  method: 'DELETE',
  path: tagPath,
  params: TagParams,
  policy: member('os-server-tags:delete'),
  status: 204,
});
