import { operation } from '@kumo/core/http';
import { Name255 } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { anyScope } from './rules.ts';
import {
  Description,
  Id,
  IdQuery,
  listOf,
  nameSearch,
  page,
  QueryFlag,
  ResourceOptions,
  SelfLink,
} from './shared-schemas.ts';
import { Tag, Tags } from './tags.ts';

const READ =
  '(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.project.domain_id)s and not None:%(target.project.domain_id)s) or project_id:%(target.project.id)s';
const WRITE =
  '(rule:admin_required) or (role:manager and domain_id:%(target.project.domain_id)s and not None:%(target.project.domain_id)s)';

const ProjectName = T.String({ minLength: 1, maxLength: 64, format: 'not-blank' });
const nullableId = T.Union([Id, T.Null()]);

export const ProjectBody = T.Object({
  id: T.String(),
  name: T.String(),
  domain_id: T.Union([T.String(), T.Null()]),
  parent_id: T.Union([T.String(), T.Null()]),
  is_domain: T.Boolean(),
  description: T.String(),
  enabled: T.Boolean(),
  tags: T.Array(T.String()),
  options: T.Record(T.String(), T.Unknown()),
  links: SelfLink,
});

/** What else a client sends is kept and shown, as Keystone does. */
export const ProjectCreate = T.Object(
  {
    name: ProjectName,
    description: T.Optional(T.Union([Description, T.Null()])),
    domain_id: T.Optional(nullableId),
    parent_id: T.Optional(nullableId),
    enabled: T.Optional(T.Boolean()),
    is_domain: T.Optional(T.Boolean()),
    tags: T.Optional(Tags),
    options: T.Optional(ResourceOptions),
  },
  { maxProperties: 64 },
);
export const ProjectUpdate = T.Partial(ProjectCreate, { maxProperties: 64 });

const Query = T.Object({
  ...page,
  ...nameSearch,
  domain_id: T.Optional(IdQuery),
  parent_id: T.Optional(IdQuery),
  enabled: T.Optional(QueryFlag),
  is_domain: T.Optional(QueryFlag),
  tags: T.Optional(T.String({ maxLength: 4096 })),
  'tags-any': T.Optional(T.String({ maxLength: 4096 })),
  'not-tags': T.Optional(T.String({ maxLength: 4096 })),
  'not-tags-any': T.Optional(T.String({ maxLength: 4096 })),
});
const Shown = T.Object({ project: ProjectBody });

export const listProjects = operation({
  name: 'listProjects',
  method: 'GET',
  path: '/v3/projects',
  head: true,
  policy: anyScope(
    'list_projects',
    '(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain_id)s)',
  ),
  authorize: 'resource',
  query: Query,
  reply: listOf('projects', ProjectBody),
  errors: [400, 401, 403],
});

export const createProject = operation({
  name: 'createProject',
  method: 'POST',
  path: '/v3/projects',
  policy: anyScope('create_project', WRITE),
  authorize: 'resource',
  body: T.Object({ project: ProjectCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const showProject = operation({
  name: 'showProject',
  method: 'GET',
  path: '/v3/projects/{project_id}',
  head: true,
  policy: anyScope('get_project', READ),
  authorize: 'resource',
  query: T.Object({
    parents_as_list: T.Optional(QueryFlag),
    parents_as_ids: T.Optional(QueryFlag),
    subtree_as_list: T.Optional(QueryFlag),
    subtree_as_ids: T.Optional(QueryFlag),
    include_limits: T.Optional(QueryFlag),
  }),
  reply: Shown,
  errors: [400, 401, 403, 404],
});

export const updateProject = operation({
  name: 'updateProject',
  method: 'PATCH',
  path: '/v3/projects/{project_id}',
  policy: anyScope('update_project', WRITE),
  authorize: 'resource',
  body: T.Object({ project: ProjectUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404, 409],
});

export const deleteProject = operation({
  name: 'deleteProject',
  method: 'DELETE',
  path: '/v3/projects/{project_id}',
  policy: anyScope('delete_project', WRITE),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});

const TagList = T.Object({ tags: T.Array(T.String()), links: T.Optional(T.Unknown()) });

export const listProjectTags = operation({
  name: 'listProjectTags',
  method: 'GET',
  path: '/v3/projects/{project_id}/tags',
  head: true,
  policy: anyScope('list_project_tags', READ),
  authorize: 'resource',
  reply: TagList,
  errors: [401, 403, 404],
});

export const replaceProjectTags = operation({
  name: 'replaceProjectTags',
  method: 'PUT',
  path: '/v3/projects/{project_id}/tags',
  policy: anyScope('update_project_tags', WRITE),
  authorize: 'resource',
  body: T.Object({ tags: Tags }),
  reply: TagList,
  errors: [400, 401, 403, 404],
});

export const deleteProjectTags = operation({
  name: 'deleteProjectTags',
  method: 'DELETE',
  path: '/v3/projects/{project_id}/tags',
  policy: anyScope('delete_project_tags', WRITE),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});

const tagParams = T.Object({ project_id: Name255, tag: Tag });

export const checkProjectTag = operation({
  name: 'checkProjectTag',
  method: 'GET',
  path: '/v3/projects/{project_id}/tags/{tag}',
  head: true,
  policy: anyScope('get_project_tag', READ),
  authorize: 'resource',
  params: tagParams,
  status: 204,
  errors: [401, 403, 404],
});

export const addProjectTag = operation({
  name: 'addProjectTag',
  method: 'PUT',
  path: '/v3/projects/{project_id}/tags/{tag}',
  policy: anyScope('create_project_tag', WRITE),
  authorize: 'resource',
  params: tagParams,
  status: 201,
  errors: [400, 401, 403, 404],
});

export const deleteProjectTag = operation({
  name: 'deleteProjectTag',
  method: 'DELETE',
  path: '/v3/projects/{project_id}/tags/{tag}',
  policy: anyScope('delete_project_tag', WRITE),
  authorize: 'resource',
  params: tagParams,
  status: 204,
  errors: [401, 403, 404],
});
