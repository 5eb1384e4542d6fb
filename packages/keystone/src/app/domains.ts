import { isUniqueViolation, type Page } from '@kumo/core/db';
import { projectTag } from '../db/change-tags.ts';
import { findProject, insertProject, listProjects, type Project, replaceTags } from '../db/projects.ts';
import { invalid, notFound } from '../errors.ts';
import { deleteDomain } from './domain-deletion.ts';
import { changedOptions, type ResourceOptions } from './immutability.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import { nameTaken } from './project-rules.ts';
import type { ProjectParts, Projects } from './projects.ts';
import { resourceName } from './resource-names.ts';

export interface DomainValues {
  readonly name?: string;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly tags?: readonly string[];
  readonly options?: ResourceOptions;
  readonly extra?: Record<string, unknown>;
}

/** Domains: what users, groups and projects belong to. A domain is a project too, at the root of its tree. */
export class Domains {
  readonly #parts: ProjectParts;
  readonly #projects: Projects;

  constructor(parts: ProjectParts, projects: Projects) {
    this.#parts = parts;
    this.#projects = projects;
  }

  /** Undefined when there is none. */
  async find(id: string): Promise<Project | undefined> {
    const found = await findProject(this.#parts.db.q, id);
    return found?.isDomain ? found : undefined;
  }

  /** @throws notFound */
  async get(id: string): Promise<Project> {
    const found = await this.find(id);
    if (!found) throw notFound({ kind: 'domain', id });
    return found;
  }

  list(wanted: ListWanted): Promise<Page<Project>> {
    const filters = [...(wanted.filters ?? []), { column: 'is_domain', op: 'eq', value: 1 } as const];
    return listProjects(this.#parts.db.q, pageOptions({ ...wanted, filters }, this.#parts.listLimit));
  }

  /** @param wanted.id one of its own, a UUID without hyphens. @throws invalid, conflict */
  async create(wanted: DomainValues & { name: string; id?: string }): Promise<Project> {
    const { id = newId(), description = '', enabled = true, tags = [], options = {}, extra = {} } = wanted;
    if (!/^[0-9a-f]{32}$/.test(id)) throw invalid({ message: 'Domain ID does not conform to required UUID format.' });
    const name = resourceName('Domain', wanted.name, this.#parts.resource.domainNameUrlSafe);
    const blank = { isDomain: true, domainId: null, parentId: null };
    const domain: Project = { ...blank, id, name, description, enabled, options: changedOptions({}, options), extra };
    try {
      await this.#parts.changes.write(
        async (tx) => {
          await insertProject(tx, domain);
          await replaceTags(tx, id, tags);
        },
        [projectTag(id)],
      );
    } catch (error) {
      if (isUniqueViolation(error)) throw nameTaken(domain, error);
      throw error;
    }
    return domain;
  }

  /** @throws notFound, immutable, conflict */
  async update(id: string, wanted: DomainValues): Promise<Project> {
    await this.get(id);
    return this.#projects.update(id, wanted);
  }

  /** With all that is in it. @throws notFound, immutable, stillInUse; invalid for the default domain. */
  async delete(id: string): Promise<void> {
    const domain = await this.get(id);
    await deleteDomain(this.#parts, domain);
  }
}
