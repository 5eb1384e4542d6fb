import type { Page } from '@kumo/core/db';
import { deleteDomainContents } from '../db/domains.ts';
import { findProject, insertProject, listProjects, type Project, updateProject } from '../db/projects.ts';
import { invalid, notAllowed, notFound } from '../errors.ts';
import type { CoreParts } from './core-parts.ts';
import { refusingDuplicates } from './duplicates.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';

export interface DomainValues {
  readonly name?: string;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly options?: Record<string, unknown>;
  readonly extra?: Record<string, unknown>;
}

/** Domains: what users, groups and projects belong to. */
export class Domains {
  readonly #parts: CoreParts;

  constructor(parts: CoreParts) {
    this.#parts = parts;
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

  /** @throws alreadyExists */
  async create(wanted: DomainValues & { name: string; id?: string }): Promise<Project> {
    const { id = newId(), name, description = '', enabled = true, options = {}, extra = {} } = wanted;
    const blank = { isDomain: true, domainId: null, parentId: null };
    const domain: Project = { ...blank, id, name, description, enabled, options, extra };
    await refusingDuplicates('domain', name, () => this.#parts.changes.write((tx) => insertProject(tx, domain)));
    return domain;
  }

  /** @throws notFound, alreadyExists */
  async update(id: string, wanted: DomainValues): Promise<Project> {
    const { changes, revoked } = this.#parts;
    const known = await this.get(id);
    const { name = known.name, description = known.description, enabled = known.enabled } = wanted;
    const { options = known.options, extra = {} } = wanted;
    const domain = { ...known, name, description, enabled, options, extra: { ...known.extra, ...extra } };
    await refusingDuplicates('domain', name, () =>
      changes.write(async (tx) => {
        await updateProject(tx, domain);
        if (known.enabled && !enabled) await revoked.revoke(tx, { domainId: id });
      }),
    );
    return domain;
  }

  /** With all that is in it. @throws notFound; notAllowed while it is enabled; invalid for the default domain. */
  async delete(id: string): Promise<void> {
    const { enabled } = await this.get(id);
    if (id === 'default') throw invalid({ message: 'The default domain cannot be deleted.' });
    if (enabled) throw notAllowed({ message: 'Cannot delete a domain that is enabled, please disable it first.' });
    await this.#parts.changes.write(async (tx) => {
      await deleteDomainContents(tx, id);
      await this.#parts.revoked.revoke(tx, { domainId: id });
    });
  }
}
