import { implement, keystoneLinks, type RequestFacts, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import type { Endpoint } from '../db/catalog.ts';
import type { Project } from '../db/projects.ts';
import {
  addProjectEndpoint,
  addProjectEndpointGroup,
  checkProjectEndpoint,
  listEndpointGroupEndpoints,
  listEndpointGroupProjects,
  listEndpointProjects,
  listProjectEndpointGroups,
  listProjectEndpoints,
  removeProjectEndpoint,
  removeProjectEndpointGroup,
  showProjectEndpointGroup,
} from './project-endpoints.ts';
import { endpointToWire } from './wire/catalog.ts';
import { endpointGroupToWire } from './wire/endpoint-groups.ts';
import { projectToWire } from './wire/projects.ts';

export function projectEndpointRoutes(parts: KeystoneParts): Route[] {
  const { projectEndpoints: shown, projects } = parts;
  const projectList = async (found: readonly Project[], request: RequestFacts) => {
    const tags = await projects.tagsOf(found);
    return {
      projects: found.map((one) => projectToWire(one, tags.get(one.id) ?? [], request)),
      links: keystoneLinks(request),
    };
  };
  return [
    implement(addProjectEndpoint, ({ params }) => shown.addEndpoint(params.project_id, params.endpoint_id)),
    implement(checkProjectEndpoint, ({ params }) => shown.checkEndpoint(params.project_id, params.endpoint_id)),
    implement(removeProjectEndpoint, ({ params }) => shown.removeEndpoint(params.project_id, params.endpoint_id)),
    implement(listProjectEndpoints, async ({ params, request }) =>
      endpointList(await shown.endpointsOf(params.project_id), request),
    ),
    implement(listEndpointProjects, async ({ params, request }) =>
      projectList(await shown.projectsOfEndpoint(params.endpoint_id), request),
    ),
    ...groupRoutes(parts),
    implement(listEndpointGroupProjects, async ({ params, request }) =>
      projectList(await shown.projectsOfGroup(params.endpoint_group_id), request),
    ),
  ];
}

function groupRoutes({ projectEndpoints: shown, endpointGroups }: KeystoneParts): Route[] {
  return [
    implement(addProjectEndpointGroup, ({ params }) => shown.addGroup(params.project_id, params.endpoint_group_id)),
    implement(showProjectEndpointGroup, async ({ params }) => {
      const { project_id, endpoint_group_id } = params;
      await shown.checkGroup(project_id, endpoint_group_id);
      // Keystone's link here is a path without host and version.
      const links = { self: `/OS-EP-FILTER/endpoint_groups/${endpoint_group_id}/projects/${project_id}` };
      return { project_endpoint_group: { endpoint_group_id, project_id, links } };
    }),
    implement(removeProjectEndpointGroup, ({ params }) =>
      shown.removeGroup(params.project_id, params.endpoint_group_id),
    ),
    implement(listProjectEndpointGroups, async ({ params, request }) => {
      const groups = await shown.groupsOf(params.project_id);
      const endpoint_groups = groups.map((one) => endpointGroupToWire(one, request));
      return { endpoint_groups, links: keystoneLinks(request) };
    }),
    implement(listEndpointGroupEndpoints, async ({ params, request }) =>
      endpointList(await endpointGroups.endpointsOf(params.endpoint_group_id), request),
    ),
  ];
}

function endpointList(found: readonly Endpoint[], request: RequestFacts) {
  return { endpoints: found.map((one) => endpointToWire(one, request)), links: keystoneLinks(request) };
}
