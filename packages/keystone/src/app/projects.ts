import type { Page } from '@kumo/core/db';
import { deleteAssignmentsOnTarget } from '../db/assignments.ts';
import {
  deleteProject,
  findProject,
  findProjects,
  insertProject,
  listProjects,
  type Project,
  replaceTags,
  someProject,
  type TagFilters,
  tagsOf,
  updateProject,
} from '../db/projects.ts';
import { forgetDefaultProject } from '../db/users.ts';
import { invalid, notAllowed, notFound } from '../errors.ts';
import type { CoreParts } from './core-parts.ts';
import { refusingDuplicates } from './duplicates.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';

/** Projects above each other, the domain not counted. */
const MAX_DEPTH = 5;

export interface NewProject {
  readonly name: string;
  readonly description?: string;
  readonly domainId: string;
  readonly parentId?: string;
  readonly isDomain?: boolean;
  readonly enabled?: boolean;
  readonly tags?: readonly string[];
  readonly options?: Record<string, unknown>;
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
  readonly options?: Record<string, unknown>;
  readonly extra?: Record<string, unknown>;
}

/** A project below others, with those below it. */
export interface ProjectTree {
  readonly project: Project;
  readonly children: readonly ProjectTree[];
}

/** Projects, which may stand below each other, with their tags. */
export class Projects {
  readonly #parts: CoreParts;

  constructor(parts: CoreParts) {
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

  tagsOf(projects: readonly Project[]): Promise<Map<string, string[]>> {
    return tagsOf(
      this.#parts.db.q,
      projects.map((one) => one.id),
    );
  }

  /** @throws notFound of the domain or parent, invalid when they do not fit, notAllowed, alreadyExists. */
  async create(wanted: NewProject): Promise<Project> {
    const { name, description = '', enabled = true, isDomain = false, options = {}, extra = {}, tags = [] } = wanted;
    const parent = isDomain ? undefined : await this.#parentFor(wanted);
    if (parent && enabled && !parent.enabled)
      throw notAllowed({ message: `cannot create a project below ${parent.id}, which is disabled.` });
    const project: Project = {
      id: newId(),
      name,
      description,
      enabled,
      isDomain,
      options,
      extra,
      domainId: parent ? (parent.domainId ?? parent.id) : null,
      parentId: parent?.id ?? null,
    };
    await refusingDuplicates('project', name, () =>
      this.#parts.changes.write(async (tx) => {
        await insertProject(tx, project);
        await replaceTags(tx, project.id, tags);
      }),
    );
    return project;
  }

  /** @throws notFound, invalid, notAllowed, alreadyExists */
  async update(id: string, wanted: ProjectChanges): Promise<Project> {
    const { changes, revoked, db } = this.#parts;
    const known = await this.#get(id);
    refuseMoves(known, wanted);
    const { name = known.name, description = known.description, enabled = known.enabled } = wanted;
    const { options = known.options, extra = {}, tags } = wanted;
    if (known.enabled && !enabled && !known.isDomain) await this.#refuseEnabledBelow(id);
    const parent = known.parentId === null ? undefined : await findProject(db.q, known.parentId);
    if (!known.enabled && enabled && parent?.enabled === false)
      throw notAllowed({ message: `cannot enable project ${id}, whose parent is disabled.` });
    const project = { ...known, name, description, enabled, options, extra: { ...known.extra, ...extra } };
    await refusingDuplicates('project', name, () =>
      changes.write(async (tx) => {
        await updateProject(tx, project);
        if (tags) await replaceTags(tx, id, tags);
        if (known.enabled && !enabled) await revoked.revoke(tx, known.isDomain ? { domainId: id } : { projectId: id });
      }),
    );
    return project;
  }

  /** @throws notFound; notAllowed for one with projects below it, or an enabled domain. */
  async delete(id: string): Promise<void> {
    const known = await this.#get(id);
    if (known.isDomain) throw notAllowed({ message: 'a domain is deleted as a domain.' });
    await this.#parts.changes.write(async (tx) => {
      if (await someProject(tx, [{ column: 'parent_id', op: 'eq', value: id }]))
        throw notAllowed({ message: `project ${id} cannot be deleted: there are projects below it.` });
      await deleteAssignmentsOnTarget(tx, id);
      await forgetDefaultProject(tx, id);
      await deleteProject(tx, id);
      await this.#parts.revoked.revoke(tx, { projectId: id });
    });
  }

  /** @throws notFound */
  async replaceTags(id: string, tags: readonly string[]): Promise<void> {
    await this.#get(id);
    await this.#parts.changes.write((tx) => replaceTags(tx, id, tags));
  }

  /** The projects above one, nearest first, its domain not included. */
  async parents(project: Project): Promise<Project[]> {
    const found: Project[] = [];
    let at: Project | undefined = project;
    while (at?.parentId && found.length <= MAX_DEPTH) {
      at = await findProject(this.#parts.db.q, at.parentId);
      if (at && !at.isDomain) found.push(at);
    }
    return found;
  }

  async subtree(project: Project): Promise<ProjectTree> {
    const filters = [{ column: 'parent_id', op: 'eq', value: project.id } as const];
    const { rows } = await listProjects(this.#parts.db.q, { filters });
    return { project, children: await Promise.all(rows.map((one) => this.subtree(one))) };
  }

  async #get(id: string): Promise<Project> {
    const known = await this.find(id);
    if (!known) throw notFound({ kind: 'project', id });
    return known;
  }

  async #parentFor({ domainId, parentId }: NewProject): Promise<Project> {
    const found = await findProjects(this.#parts.db.q, [domainId, parentId ?? domainId]);
    const domain = found.find((one) => one.id === domainId && one.isDomain);
    if (!domain) throw notFound({ kind: 'domain', id: domainId });
    const parent = parentId === undefined ? domain : found.find((one) => one.id === parentId);
    if (!parent) throw notFound({ kind: 'project', id: parentId });
    if (parent.id !== domainId && parent.domainId !== domainId)
      throw invalid({ message: `The parent ${parent.id} is in another domain than ${domainId}.` });
    if ((await this.parents(parent)).length + 2 > MAX_DEPTH)
      throw notAllowed({ message: `Max hierarchy depth reached for ${parent.id} branch.` });
    return parent;
  }

  async #refuseEnabledBelow(id: string): Promise<void> {
    const tree = await this.subtree(await this.#get(id));
    const isEnabled = ({ project, children }: ProjectTree): boolean => project.enabled || children.some(isEnabled);
    if (tree.children.some(isEnabled))
      throw notAllowed({ message: `cannot disable project ${id} since its subtree contains enabled projects.` });
  }
}

/** A project stays where it is. */
function refuseMoves(known: Project, wanted: ProjectChanges): void {
  if (wanted.parentId !== undefined && wanted.parentId !== known.parentId)
    throw notAllowed({ message: 'Update of `parent_id` is not allowed.' });
  if (wanted.domainId !== undefined && wanted.domainId !== known.domainId)
    throw invalid({ message: 'Cannot change domain_id of a project.' });
  if (wanted.isDomain !== undefined && wanted.isDomain !== known.isDomain)
    throw invalid({ message: 'Update of `is_domain` is not allowed.' });
}
