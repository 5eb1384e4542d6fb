import type { Page } from '@kumo/core/db';
import { findProject } from '../db/projects.ts';
import {
  allImplications,
  allRoles,
  deleteImplication,
  deleteRole,
  findRole,
  insertImplication,
  insertRole,
  listRoles,
  type Role,
  updateRole,
} from '../db/roles.ts';
import { invalid, notAllowed, notFound } from '../errors.ts';
import type { CoreParts } from './core-parts.ts';
import { refusingDuplicates } from './duplicates.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';

/** A role that may not be implied by another: whoever could say so would be admin. */
const NEVER_IMPLIED = 'admin';

export interface RoleValues {
  readonly name?: string;
  readonly domainId?: string | null;
  readonly description?: string | null;
  readonly options?: Record<string, unknown>;
}

/** A role with those that it implies directly. */
export interface RoleInference {
  readonly prior: Role;
  readonly implies: readonly Role[];
}

/** Roles, and which of them imply others. */
export class Roles {
  readonly #parts: CoreParts;

  constructor(parts: CoreParts) {
    this.#parts = parts;
  }

  /** Undefined when there is none. */
  find(id: string): Promise<Role | undefined> {
    return findRole(this.#parts.db.q, id);
  }

  list(wanted: ListWanted): Promise<Page<Role>> {
    return listRoles(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound of the domain, alreadyExists */
  async create(wanted: RoleValues & { name: string }): Promise<Role> {
    const { name, domainId = null, description = null, options = {} } = wanted;
    const domain = domainId === null ? undefined : await findProject(this.#parts.db.q, domainId);
    if (domainId !== null && !domain?.isDomain) throw notFound({ kind: 'domain', id: domainId });
    const role: Role = { id: newId(), name, domainId, description, options };
    await refusingDuplicates('role', name, () => this.#parts.changes.write((tx) => insertRole(tx, role)));
    return role;
  }

  /** @throws notFound, invalid, alreadyExists */
  async update(id: string, wanted: RoleValues): Promise<Role> {
    const known = await this.#get(id);
    if (wanted.domainId !== undefined && wanted.domainId !== known.domainId)
      throw invalid({ message: 'Cannot change domain_id of a role.' });
    const { name = known.name, description = known.description, options = known.options } = wanted;
    const role = { ...known, name, description, options };
    await refusingDuplicates('role', name, () => this.#parts.changes.write((tx) => updateRole(tx, role)));
    return role;
  }

  /** Nobody has it any more. @throws notFound */
  async delete(id: string): Promise<void> {
    await this.#get(id);
    await this.#parts.changes.write((tx) => deleteRole(tx, id));
  }

  /** @throws notFound when there is no such role. */
  async implied(priorId: string): Promise<RoleInference> {
    const prior = await this.#get(priorId);
    const found = (await this.inferences()).find((one) => one.prior.id === priorId);
    return found ?? { prior, implies: [] };
  }

  /** @throws notFound when a role is not there, or the one does not imply the other. */
  async implication(priorId: string, impliedId: string): Promise<{ prior: Role; implied: Role }> {
    const [{ prior, implies }, implied] = [await this.implied(priorId), await this.#get(impliedId)];
    if (!implies.some((one) => one.id === impliedId))
      throw notFound({ kind: `role ${impliedId} implied by role`, id: priorId });
    return { prior, implied };
  }

  /** All roles that imply others. */
  async inferences(): Promise<RoleInference[]> {
    const { q } = this.#parts.db;
    const roles = new Map((await allRoles(q)).map((role) => [role.id, role]));
    return [...(await allImplications(q))].flatMap(([id, implied]) => {
      const prior = roles.get(id);
      return prior ? [{ prior, implies: implied.map((one) => roles.get(one)).filter((one) => one !== undefined) }] : [];
    });
  }

  /** Nothing happens when it is so already. @throws notFound, notAllowed */
  async imply(priorId: string, impliedId: string): Promise<{ prior: Role; implied: Role }> {
    const prior = await this.#get(priorId);
    const implied = await this.#get(impliedId);
    if (implied.name === NEVER_IMPLIED || implied.domainId !== null)
      throw notAllowed({ message: `role ${implied.name} cannot be an implied role.` });
    await this.#parts.changes.write((tx) => insertImplication(tx, priorId, impliedId));
    return { prior, implied };
  }

  /** @throws notFound */
  async unimply(priorId: string, impliedId: string): Promise<void> {
    await this.implication(priorId, impliedId);
    await this.#parts.changes.write((tx) => deleteImplication(tx, priorId, impliedId));
  }

  async #get(id: string): Promise<Role> {
    const known = await this.find(id);
    if (!known) throw notFound({ kind: 'role', id });
    return known;
  }
}
