import { isUniqueViolation, type Page } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import type { ResourceConfig } from '../config.ts';
import { deleteAssignmentsOnTarget } from '../db/assignments.ts';
import { projectTag } from '../db/change-tags.ts';
import { projectsAbove, projectsBelow, someEnabledBelow } from '../db/project-trees.ts';
import {
  deleteProject,
  findProject,
  findProjects,
  insertProject,
  listProjects,
  lockProject,
  type Project,
  replaceTags,
  someProject,
  type TagFilters,
  tagsOf,
  updateProject,
} from '../db/projects.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { forgetDefaultProject } from '../db/users.ts';
import { invalid, notFound, stillInUse } from '../errors.ts';
import { deleteDomain } from './domain-deletion.ts';
import { changedOptions, type ResourceOptions, refuseLockedDelete, refuseLockedUpdate } from './immutability.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import {
  disabledBranch,
  disabledParents,
  nameTaken,
  notLeaf,
  refuseMoves,
  refuseOtherDomain,
} from './project-rules.ts';
import type { ResourceDeps } from './resource-deps.ts';
import { resourceName } from './resource-names.ts';

export interface NewProject {
  readonly name: string;
  readonly description?: string;
  /** Where it belongs; undefined for a project that acts as a domain. */
  readonly domainId?: string;
  readonly parentId?: string;
  readonly isDomain?: boolean;
  readonly enabled?: boolean;
  readonly tags?: readonly string[];
  readonly options?: ResourceOptions;
  readonly extra?: Record<string, unknown>;
}

export interface ProjectChanges {
  readonly name?: string;
  readonly description?: string;
  readonly domainId?: string | null;
  readonly parentId?: string | null;
  readonly isDomain?: boolean;
  readonly enabled?: boolean;
  readonly tags?: readonly string[];
  readonly options?: ResourceOptions;
  readonly extra?: Record<string, unknown>;
}

export type ProjectParts = ResourceDeps & { readonly resource: ResourceConfig };

/** Projects, which may stand below each other, with their tags; domains as the projects that they also are. */
export class Projects {
  readonly #parts: ProjectParts;

  constructor(parts: ProjectParts) {
    this.#parts = parts;
  }

  /** Undefined when there is none. */
  find(id: string): Promise<Project | undefined> {
    return findProject(this.#parts.db.q, id);
  }

  list(wanted: ListWanted & { tagFilters?: TagFilters }): Promise<Page<Project>> {
    const options = { ...pageOptions(wanted, this.#parts.listLimit), tagFilters: wanted.tagFilters };
    return listProjects(this.#parts.db.q, options);
  }

  async tagsOf(projects: readonly Project[]): Promise<Map<string, string[]>> {
    const tagged = projects.filter((one) => one.hasTags !== false).map((one) => one.id);
    return tagged.length === 0 ? new Map() : tagsOf(this.#parts.db.q, tagged);
  }

  /** @throws invalid for a place that is not there or disabled, stillInUse when too deep, conflict */
  async create(wanted: NewProject): Promise<Project> {
    const { description = '', enabled = true, isDomain = false, tags = [], options = {}, extra = {} } = wanted;
    const { projectNameUrlSafe } = this.#parts.resource;
    const name = resourceName('Project', wanted.name, projectNameUrlSafe);
    const id = newId();
    const parent = isDomain ? undefined : await this.#parentFor(wanted);
    if (isDomain && (wanted.parentId ?? wanted.domainId) !== undefined)
      throw invalid({ message: 'only root projects are allowed to act as domains.' });
    const project: Project = {
      id,
      name,
      description,
      enabled,
      isDomain,
      options: changedOptions({}, options),
      extra,
      domainId: parent ? (parent.domainId ?? parent.id) : null,
      parentId: parent?.id ?? null,
    };
    await this.#save(project, tags, async (tx) => {
      // Looked at again: it may have been disabled meanwhile.
      const above = parent && (await lockProject(tx, this.#parts.db, parent.id));
      if (above?.enabled === false) throw disabledBranch(above.id);
      await insertProject(tx, project);
    });
    return project;
  }

  /** @throws notFound, invalid, stillInUse, immutable, conflict */
  async update(id: string, wanted: ProjectChanges): Promise<Project> {
    const { revoked, resource } = this.#parts;
    const known = await this.#get(id);
    if (wanted.domainId !== undefined && wanted.domainId !== known.domainId)
      throw invalid({ message: 'Cannot change Domain ID' });
    refuseLockedUpdate(known.isDomain ? 'domain' : 'project', known, { ...wanted });
    const { description = known.description, enabled = known.enabled, options, extra = {}, tags } = wanted;
    const urlSafe = known.isDomain ? resource.domainNameUrlSafe : resource.projectNameUrlSafe;
    const isRenamed = wanted.name !== undefined && wanted.name !== known.name;
    const name = isRenamed
      ? resourceName(known.isDomain ? 'Domain' : 'Project', wanted.name as string, urlSafe)
      : known.name;
    refuseMoves(known, wanted);
    if (!known.enabled && enabled) await this.#refuseDisabledAbove(known);
    const project: Project = {
      ...known,
      name,
      description,
      enabled,
      options: changedOptions(known.options, options),
      extra: { ...known.extra, ...extra },
    };
    await this.#save(project, tags, async (tx) => {
      if (known.enabled && !enabled && !known.isDomain) await this.#refuseEnabledBelow(tx, id);
      if (!known.enabled && enabled && known.parentId !== null) await this.#requireEnabled(tx, known.parentId, id);
      await updateProject(tx, project);
      if (known.enabled && !enabled) await revoked.revoke(tx, known.isDomain ? { domainId: id } : { projectId: id });
    });
    return project;
  }

  /** A domain goes with all that is in it. @throws notFound, immutable; stillInUse for one with projects below it. */
  async delete(id: string): Promise<void> {
    const { changes, deletions, revoked } = this.#parts;
    const known = await this.#get(id);
    if (known.isDomain) return deleteDomain(this.#parts, known);
    refuseLockedDelete('project', known);
    await changes.write(
      async (tx) => {
        if (await someProject(tx, [{ column: 'parent_id', op: 'eq', value: id }])) throw notLeaf(id);
        await deletions.run('project', tx, [id]);
        await deleteAssignmentsOnTarget(tx, id);
        const isDefault = await forgetDefaultProject(tx, id);
        await deleteProject(tx, id);
        await revoked.revoke(tx, { projectId: id });
        return isDefault;
      },
      // Users whose default it was are changed as well.
      (isDefault) => (isDefault ? undefined : [projectTag(id)]),
    );
  }

  /** Those above a project, the nearest first, its domain last. */
  parents(project: Project): Promise<Project[]> {
    return projectsAbove(this.#parts.db.q, project.id);
  }

  /** All below a project, parents before their children. */
  subtree(project: Project): Promise<Project[]> {
    return projectsBelow(this.#parts.db.q, project.id);
  }

  async #save(
    project: Project,
    tags: readonly string[] | undefined,
    write: (tx: Transaction<KeystoneTables>) => Promise<void>,
  ): Promise<void> {
    try {
      await this.#parts.changes.write(
        async (tx) => {
          await write(tx);
          if (tags)
            await replaceTags(
              tx,
              project.id,
              tags.map((one) => one.trim()),
            );
        },
        [projectTag(project.id)],
      );
    } catch (error) {
      if (isUniqueViolation(error)) throw nameTaken(project, error);
      throw error;
    }
  }

  async #get(id: string): Promise<Project> {
    const known = await this.find(id);
    if (!known) throw notFound({ kind: 'project', id });
    return known;
  }

  async #parentFor({ domainId = '', parentId = domainId }: NewProject): Promise<Project> {
    const found = await findProjects(this.#parts.db.q, [domainId, parentId]);
    const domain = found.find((one) => one.id === domainId && one.isDomain);
    if (!domain) throw invalid({ message: `Could not find domain: ${domainId}.` });
    const parent = found.find((one) => one.id === parentId);
    if (!parent) throw invalid({ message: `Could not find project: ${parentId}.` });
    refuseOtherDomain(parent, domainId);
    const branch = [parent, ...(await this.parents(parent))];
    const disabled = branch.find((one) => !one.enabled);
    if (disabled) throw disabledBranch(disabled.id);
    // The domain is one of the branch and does not count, the new project is not and does.
    if (branch.length > this.#parts.resource.maxProjectTreeDepth)
      throw stillInUse({ message: `Max hierarchy depth reached for ${parent.id} branch.` });
    return parent;
  }

  async #refuseDisabledAbove(project: Project): Promise<void> {
    if ((await this.parents(project)).some((one) => !one.enabled)) throw disabledParents(project.id);
  }

  async #requireEnabled(tx: Transaction<KeystoneTables>, parentId: string, id: string): Promise<void> {
    const parent = await lockProject(tx, this.#parts.db, parentId);
    if (!parent?.enabled) throw disabledParents(id);
  }

  /** What is made or enabled below waits for the lock, and finds the project disabled. */
  async #refuseEnabledBelow(tx: Transaction<KeystoneTables>, id: string): Promise<void> {
    await lockProject(tx, this.#parts.db, id);
    if (await someEnabledBelow(tx, id))
      throw stillInUse({ message: `Cannot disable project ${id} since its subtree contains enabled projects.` });
  }
}
