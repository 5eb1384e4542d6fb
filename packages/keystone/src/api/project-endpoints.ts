import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { EndpointGroupBody } from './endpoint-groups.ts';
import { EndpointBody } from './endpoints.ts';
import { ProjectBody } from './projects.ts';
import { ADMIN, ADMIN_OR_SYSTEM_READER, cloudScope } from './rules.ts';
import { listOf, SelfLink } from './shared-schemas.ts';

const BASE = '/v3/OS-EP-FILTER';
const ENDPOINT = `${BASE}/projects/{project_id}/endpoints/{endpoint_id}` as const;
const GROUP = `${BASE}/endpoint_groups/{endpoint_group_id}` as const;
const GROUP_OF_PROJECT = `${GROUP}/projects/{project_id}` as const;

export const addProjectEndpoint = operation({
  name: 'addProjectEndpoint',
  method: 'PUT',
  path: ENDPOINT,
  policy: cloudScope('add_endpoint_to_project', ADMIN),
  status: 204,
  errors: [401, 403, 404, 409],
});

export const checkProjectEndpoint = operation({
  name: 'checkProjectEndpoint',
  method: 'GET',
  path: ENDPOINT,
  head: true,
  policy: cloudScope('check_endpoint_in_project', ADMIN_OR_SYSTEM_READER),
  status: 204,
  errors: [401, 403, 404],
});

export const removeProjectEndpoint = operation({
  name: 'removeProjectEndpoint',
  method: 'DELETE',
  path: ENDPOINT,
  policy: cloudScope('remove_endpoint_from_project', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});

export const listProjectEndpoints = operation({
  name: 'listProjectEndpoints',
  method: 'GET',
  path: `${BASE}/projects/{project_id}/endpoints`,
  head: true,
  policy: cloudScope('list_endpoints_for_project', ADMIN_OR_SYSTEM_READER),
  reply: listOf('endpoints', EndpointBody),
  errors: [401, 403, 404],
});

export const listEndpointProjects = operation({
  name: 'listEndpointProjects',
  method: 'GET',
  path: `${BASE}/endpoints/{endpoint_id}/projects`,
  head: true,
  policy: cloudScope('list_projects_for_endpoint', ADMIN_OR_SYSTEM_READER),
  reply: listOf('projects', ProjectBody),
  errors: [401, 403, 404],
});

export const addProjectEndpointGroup = operation({
  name: 'addProjectEndpointGroup',
  method: 'PUT',
  path: GROUP_OF_PROJECT,
  policy: cloudScope('add_endpoint_group_to_project', ADMIN),
  status: 204,
  errors: [401, 403, 404, 409],
});

export const showProjectEndpointGroup = operation({
  name: 'showProjectEndpointGroup',
  method: 'GET',
  path: GROUP_OF_PROJECT,
  head: true,
  policy: cloudScope('get_endpoint_group_in_project', ADMIN_OR_SYSTEM_READER),
  reply: T.Object({
    project_endpoint_group: T.Object({ endpoint_group_id: T.String(), project_id: T.String(), links: SelfLink }),
  }),
  errors: [401, 403, 404],
});

export const removeProjectEndpointGroup = operation({
  name: 'removeProjectEndpointGroup',
  method: 'DELETE',
  path: GROUP_OF_PROJECT,
  policy: cloudScope('remove_endpoint_group_from_project', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});

export const listProjectEndpointGroups = operation({
  name: 'listProjectEndpointGroups',
  method: 'GET',
  path: `${BASE}/projects/{project_id}/endpoint_groups`,
  head: true,
  policy: cloudScope('list_endpoint_groups_for_project', ADMIN_OR_SYSTEM_READER),
  reply: listOf('endpoint_groups', EndpointGroupBody),
  errors: [401, 403, 404],
});

export const listEndpointGroupProjects = operation({
  name: 'listEndpointGroupProjects',
  method: 'GET',
  path: `${GROUP}/projects`,
  head: true,
  policy: cloudScope('list_projects_associated_with_endpoint_group', ADMIN_OR_SYSTEM_READER),
  reply: listOf('projects', ProjectBody),
  errors: [401, 403],
});

export const listEndpointGroupEndpoints = operation({
  name: 'listEndpointGroupEndpoints',
  method: 'GET',
  path: `${GROUP}/endpoints`,
  head: true,
  policy: cloudScope('list_endpoints_associated_with_endpoint_group', ADMIN_OR_SYSTEM_READER),
  reply: listOf('endpoints', EndpointBody),
  errors: [401, 403, 404],
});
