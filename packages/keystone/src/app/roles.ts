import type { Page } from '@kumo/core/db';
import type { AssignmentConfig } from '../config.ts';
import { ROLES_TAG } from '../db/change-tags.ts';
import { findProject } from '../db/projects.ts';
import {
  deleteImplication,
  deleteRole,
  findRole,
  insertImplication,
  insertRole,
  listRoles,
  type Role,
  updateRole,
} from '../db/roles.ts';
import { conflict, invalid, missing, notFound, stillInUse } from '../errors.ts';
import { refusingDuplicates } from './duplicates.ts';
import { changedOptions, type ResourceOptions, refuseLockedDelete, refuseLockedUpdate } from './immutability.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import type { ResourceDeps } from './resource-deps.ts';

export interface RoleValues {
  readonly name?: string;
  readonly domainId?: string | null;
  readonly description?: string | null;
  readonly options?: ResourceOptions;
  readonly extra?: Record<string, unknown>;
}

/** A role with those that it implies directly. */
export interface RoleInference {
  readonly prior: Role;
  readonly implies: readonly Role[];
}

/** `prohibitedImpliedRoles`: names of roles that no other may imply, `admin` first of all. */
export type RoleParts = ResourceDeps & { readonly assignment: AssignmentConfig };

/** Roles, and which of them imply others. */
export class Roles {
  readonly #parts: RoleParts;

  constructor(parts: RoleParts) {
    this.#parts = parts;
  }

  /** Undefined when there is none. */
  find(id: string): Promise<Role | undefined> {
    return findRole(this.#parts.db.q, id);
  }

  /** @throws notFound */
  async get(id: string): Promise<Role> {
    const known = await this.find(id);
    if (!known) throw notFound({ kind: 'role', id });
    return known;
  }

  list(wanted: ListWanted): Promise<Page<Role>> {
    return listRoles(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound of the domain, alreadyExists */
  async create(wanted: RoleValues & { name: string }): Promise<Role> {
    const { name, domainId = null, description = null, options = {}, extra = {} } = wanted;
    const domain = domainId === null ? undefined : await findProject(this.#parts.db.q, domainId);
    if (domainId !== null && !domain?.isDomain) throw notFound({ kind: 'domain', id: domainId });
    const role: Role = { id: newId(), name, domainId, description, options: changedOptions({}, options), extra };
    await refusingDuplicates('role', name, () => this.#parts.changes.write((tx) => insertRole(tx, role), [ROLES_TAG]));
    return role;
  }

  /** @throws notFound, invalid, alreadyExists */
  async update(id: string, wanted: RoleValues): Promise<Role> {
    const known = await this.get(id);
    refuseLockedUpdate('role', known, { ...wanted });
    if (wanted.domainId !== undefined && wanted.domainId !== known.domainId)
      throw invalid({ message: 'Update of `domain_id` is not allowed.' });
    const { name = known.name, description = known.description, options, extra = {} } = wanted;
    const role: Role = {
      ...known,
      name,
      description,
      options: changedOptions(known.options, options),
      extra: { ...known.extra, ...extra },
    };
    await refusingDuplicates('role', name, () => this.#parts.changes.write((tx) => updateRole(tx, role), [ROLES_TAG]));
    return role;
  }

  /** Nobody has it any more. @throws notFound, immutable */
  async delete(id: string): Promise<void> {
    refuseLockedDelete('role', await this.get(id));
    const { changes, deletions } = this.#parts;
    await changes.write(async (tx) => {
      await deletions.run('role', tx, [id]);
      await deleteRole(tx, id);
    });
  }

  /** @throws notFound when there is no such role. */
  async implied(priorId: string): Promise<RoleInference> {
    const prior = await this.get(priorId);
    return { prior, implies: (await this.#parts.access.roleTable()).impliedBy(priorId) };
  }

  /** @throws notFound when a role is not there, or the one does not imply the other. */
  async implication(priorId: string, impliedId: string): Promise<{ prior: Role; implied: Role }> {
    const [{ prior, implies }, implied] = [await this.implied(priorId), await this.get(impliedId)];
    if (!implies.some((one) => one.id === impliedId))
      throw missing({ message: `${priorId} does not imply ${impliedId}.` });
    return { prior, implied };
  }

  /** All roles that imply others. */
  async inferences(): Promise<RoleInference[]> {
    const table = await this.#parts.access.roleTable();
    return table.priors().map((prior) => ({ prior, implies: table.impliedBy(prior.id) }));
  }

  /** Roles may imply each other: what they imply is looked up once each. @throws notFound, stillInUse, conflict */
  async imply(priorId: string, impliedId: string): Promise<{ prior: Role; implied: Role }> {
    const implied = await this.get(impliedId);
    const prior = await this.get(priorId);
    if (this.#parts.assignment.prohibitedImpliedRoles.includes(implied.name))
      throw stillInUse({ message: `${impliedId} cannot be an implied roles.` });
    if (prior.domainId === null && implied.domainId !== null)
      throw stillInUse({ message: 'Global role cannot imply a domain-specific role' });
    const isNew = await this.#parts.changes.write((tx) => insertImplication(tx, priorId, impliedId), [ROLES_TAG]);
    if (!isNew) throw conflict({ message: 'Conflict occurred attempting to store implied_role - Duplicate entry.' });
    return { prior, implied };
  }

  /** @throws notFound */
  async unimply(priorId: string, impliedId: string): Promise<void> {
    await this.implication(priorId, impliedId);
    await this.#parts.changes.write((tx) => deleteImplication(tx, priorId, impliedId), [ROLES_TAG]);
  }
}
