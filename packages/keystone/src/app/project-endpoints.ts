import type { Transaction } from 'kysely';
import { type Endpoint, findEndpoint, listEndpoints } from '../db/catalog.ts';
import { CATALOG_TAG } from '../db/change-tags.ts';
import {
  deleteProjectEndpoint,
  deleteProjectGroup,
  type EndpointGroup,
  findEndpointGroup,
  hasProjectEndpoint,
  hasProjectGroup,
  insertProjectEndpoint,
  insertProjectGroup,
  projectFilter,
  projectIdsOfEndpoint,
  projectIdsOfGroup,
} from '../db/endpoint-filter.ts';
import { findProject, findProjects, type Project } from '../db/projects.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { conflict, missing, notFound } from '../errors.ts';
import { isInGroup } from './endpoint-groups.ts';
import { refusingReferences } from './references-kept.ts';
import type { ResourceDeps } from './resource-deps.ts';

/** Which endpoints the catalog of a project shows: single ones, and those of groups. */
export class ProjectEndpoints {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  /** @throws notFound of the endpoint or project, conflict when it is there already. */
  async addEndpoint(projectId: string, endpointId: string): Promise<void> {
    await this.#endpoint(endpointId);
    await this.#project(projectId);
    await refusingReferences(() => this.#write((tx) => insertProjectEndpoint(tx, projectId, endpointId)), {
      duplicate: duplicate('project_endpoint'),
      gone: notFound({ kind: 'endpoint', id: endpointId }),
    });
  }

  /** @throws notFound of the endpoint or project, missing. */
  async checkEndpoint(projectId: string, endpointId: string): Promise<void> {
    await this.#endpoint(endpointId);
    await this.#project(projectId);
    if (!(await hasProjectEndpoint(this.#parts.db.q, projectId, endpointId))) throw notIn(projectId, endpointId);
  }

  /** @throws missing */
  async removeEndpoint(projectId: string, endpointId: string): Promise<void> {
    await this.#write(async (tx) => {
      if (!(await deleteProjectEndpoint(tx, projectId, endpointId))) throw notIn(projectId, endpointId);
    });
  }

  /** The endpoints of a project, those of its groups included. @throws notFound of the project. */
  async endpointsOf(projectId: string): Promise<Endpoint[]> {
    await this.#project(projectId);
    const { q } = this.#parts.db;
    const { endpointIds, groups } = await projectFilter(q, projectId);
    if (endpointIds.length === 0 && groups.length === 0) return [];
    const single = new Set(endpointIds);
    const { rows } = await listEndpoints(q, {});
    return rows.filter((one) => single.has(one.id) || groups.some((group) => isInGroup(one, group)));
  }

  /** @throws notFound of the endpoint. */
  async projectsOfEndpoint(endpointId: string): Promise<Project[]> {
    await this.#endpoint(endpointId);
    const { q } = this.#parts.db;
    return findProjects(q, await projectIdsOfEndpoint(q, endpointId));
  }

  /** @throws notFound of the project or group, conflict when it is there already. */
  async addGroup(projectId: string, groupId: string): Promise<void> {
    await this.#project(projectId);
    await this.#group(groupId);
    await refusingReferences(() => this.#write((tx) => insertProjectGroup(tx, projectId, groupId)), {
      duplicate: duplicate('project_endpoint_group'),
      gone: notFound({ kind: 'Endpoint Group', id: groupId }),
    });
  }

  /** @throws notFound of the project or group, missing. */
  async checkGroup(projectId: string, groupId: string): Promise<void> {
    await this.#project(projectId);
    await this.#group(groupId);
    if (!(await hasProjectGroup(this.#parts.db.q, projectId, groupId))) throw groupNotIn();
  }

  /** @throws notFound of the project or group, missing. */
  async removeGroup(projectId: string, groupId: string): Promise<void> {
    await this.#project(projectId);
    await this.#group(groupId);
    await this.#write(async (tx) => {
      if (!(await deleteProjectGroup(tx, projectId, groupId))) throw groupNotIn();
    });
  }

  /** @throws notFound of the project. */
  async groupsOf(projectId: string): Promise<readonly EndpointGroup[]> {
    await this.#project(projectId);
    return (await projectFilter(this.#parts.db.q, projectId)).groups;
  }

  /** None for a group that is not there, as in Keystone. */
  async projectsOfGroup(groupId: string): Promise<Project[]> {
    const { q } = this.#parts.db;
    return findProjects(q, await projectIdsOfGroup(q, groupId));
  }

  async #endpoint(id: string): Promise<void> {
    if (!(await findEndpoint(this.#parts.db.q, id))) throw notFound({ kind: 'endpoint', id });
  }

  async #project(id: string): Promise<void> {
    if (!(await findProject(this.#parts.db.q, id))) throw notFound({ kind: 'project', id });
  }

  async #group(id: string): Promise<void> {
    if (!(await findEndpointGroup(this.#parts.db.q, id))) throw notFound({ kind: 'Endpoint Group', id });
  }

  #write<T>(work: (tx: Transaction<KeystoneTables>) => Promise<T>): Promise<T> {
    return this.#parts.changes.write(work, [CATALOG_TAG]);
  }
}

function duplicate(kind: string) {
  return conflict({ message: `Conflict occurred attempting to store ${kind} - Duplicate entry.` });
}

function notIn(projectId: string, endpointId: string) {
  return missing({ message: `Endpoint ${endpointId} not found in project ${projectId}` });
}

function groupNotIn() {
  return missing({ message: 'Endpoint Group Project Association not found' });
}
