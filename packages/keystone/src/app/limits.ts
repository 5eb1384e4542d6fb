import type { Page } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import { findRegion, findService } from '../db/catalog.ts';
import {
  deleteLimit,
  findLimit,
  insertLimits,
  type Limit,
  type LimitOwner,
  limitsOfProjects,
  listLimits,
  updateLimit,
} from '../db/limits.ts';
import { findProject } from '../db/projects.ts';
import { findLimitOf, type LimitedResource } from '../db/registered-limits.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { conflict, limitWithoutDefault, missing, referenceMissing } from '../errors.ts';
import { given } from './extra-attributes.ts';
import type { LimitModel } from './limit-model.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import { refusingReferences } from './references-kept.ts';
import type { ResourceDeps } from './resource-deps.ts';

export interface NewLimit extends LimitedResource {
  /** Also of a domain, then it is the domain's limit. */
  readonly projectId: string | null;
  readonly domainId: string | null;
  readonly resourceLimit: number;
  readonly description: string | null;
}

/** What single projects and domains may have instead of what is registered for everybody. */
export class Limits {
  readonly model: LimitModel;
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps, model: LimitModel) {
    this.#parts = parts;
    this.model = model;
  }

  /** @param ofDomain only those of this domain and its projects. */
  list(wanted: ListWanted & { ofDomain?: string | undefined }): Promise<Page<Limit>> {
    const { ofDomain } = wanted;
    return listLimits(this.#parts.db.q, { ...pageOptions(wanted, this.#parts.listLimit), ofDomain });
  }

  /** All of some projects, by the project's id. */
  async ofProjects(ids: readonly string[]): Promise<Map<string | null, Limit[]>> {
    return Map.groupBy(await limitsOfProjects(this.#parts.db.q, ids), (one) => one.projectId);
  }

  /** Undefined when there is none. */
  find(id: string): Promise<Limit | undefined> {
    return findLimit(this.#parts.db.q, id);
  }

  /** @throws missing */
  async get(id: string): Promise<Limit> {
    const limit = await this.find(id);
    if (!limit) throw missing({ message: `Could not find limit for ${id}.` });
    return limit;
  }

  /** Creates all of the limits, or none. @throws referenceMissing, limitWithoutDefault, limitInvalid, conflict */
  async create(wanted: readonly NewLimit[]): Promise<Limit[]> {
    const owned: (NewLimit & LimitOwner)[] = [];
    for (const one of wanted) owned.push({ ...one, ...(await this.#ownerOf(one)) });
    return refusingReferences(
      () =>
        this.#write(async (tx) => {
          const limits: Limit[] = [];
          for (const one of owned) {
            const registered = await findLimitOf(tx, one);
            if (!registered) throw limitWithoutDefault();
            limits.push({ ...one, id: newId(), registeredLimitId: registered.id });
          }
          await this.model.check(tx, limits);
          await insertLimits(tx, limits);
          return limits;
        }),
      {
        duplicate: conflict({ message: 'Conflict occurred attempting to store limit - Duplicate entry.' }),
        gone: limitWithoutDefault(),
      },
    );
  }

  /** @throws missing, limitInvalid */
  async update(
    id: string,
    wanted: { resourceLimit?: number | undefined; description?: string | null | undefined },
  ): Promise<Limit> {
    const limit: Limit = { ...(await this.get(id)), ...given(wanted) };
    await this.#write(async (tx) => {
      await this.model.check(tx, [limit]);
      await updateLimit(tx, limit);
    });
    return limit;
  }

  /** @throws missing */
  async delete(id: string): Promise<void> {
    await this.get(id);
    await this.#write((tx) => deleteLimit(tx, id));
  }

  /** @throws referenceMissing */
  async #ownerOf({ serviceId, regionId, projectId, domainId }: NewLimit): Promise<LimitOwner> {
    const { q } = this.#parts.db;
    const absent = (attribute: string) => referenceMissing({ attribute, target: 'limit' });
    if (!(await findService(q, serviceId))) throw absent('service_id');
    if (regionId !== null && !(await findRegion(q, regionId))) throw absent('region_id');
    const project = projectId === null ? undefined : await findProject(q, projectId);
    if (projectId !== null && !project) throw absent('project_id');
    if (project && !project.isDomain) return { projectId: project.id, domainId: null };
    const domain = project ?? (domainId === null ? undefined : await findProject(q, domainId));
    if (!domain?.isDomain) throw absent('domain_id');
    return { projectId: null, domainId: domain.id };
  }

  #write<T>(work: (tx: Transaction<KeystoneTables>) => Promise<T>): Promise<T> {
    return this.#parts.changes.write(work, []);
  }
}
