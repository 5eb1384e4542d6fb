import type { Role } from '../db/roles.ts';
import { expandRoles } from './role-expansion.ts';

/** A role that another one implies, and which: the last step of the way there. */
export interface ImpliedStep {
  readonly roleId: string;
  readonly priorId: string;
}

/** All roles with what they imply, worked out once for each. */
export class RoleTable {
  readonly roles: ReadonlyMap<string, Role>;
  readonly #implied: ReadonlyMap<string, readonly string[]>;
  readonly #steps = new Map<string, readonly ImpliedStep[]>();

  constructor(roles: readonly Role[], implied: ReadonlyMap<string, readonly string[]>) {
    this.roles = new Map(roles.map((role) => [role.id, role]));
    this.#implied = implied;
  }

  /** Some roles and all that they imply, as they are in tokens: by name, without roles of domains. */
  effective(roleIds: Iterable<string>): Role[] {
    return [...expandRoles(roleIds, this.#implied)]
      .map((id) => this.roles.get(id))
      .filter((role): role is Role => role?.domainId === null)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whether it appears in tokens itself. */
  isGlobal(roleId: string): boolean {
    return this.roles.get(roleId)?.domainId === null;
  }

  /** Whether it, or a role that it implies, appears in tokens. */
  isTelling(roleId: string): boolean {
    return this.isGlobal(roleId) || this.stepsFrom(roleId).some((step) => this.isGlobal(step.roleId));
  }

  /** Every implication that a role leads to, one per pair; of roles that imply each other as well. */
  stepsFrom(roleId: string): readonly ImpliedStep[] {
    const known = this.#steps.get(roleId);
    if (known) return known;
    const steps = [...expandRoles([roleId], this.#implied)].flatMap((priorId) =>
      (this.#implied.get(priorId) ?? []).map((id) => ({ roleId: id, priorId })),
    );
    this.#steps.set(roleId, steps);
    return steps;
  }

  /** The roles that are a role or lead to it. */
  leadingTo(roleId: string): string[] {
    const priors = Map.groupBy(
      [...this.#implied].flatMap(([prior, implied]) => implied.map((id) => ({ id, prior }))),
      (one) => one.id,
    );
    const backwards = new Map([...priors].map(([id, pairs]) => [id, pairs.map((one) => one.prior)]));
    return [...expandRoles([roleId], backwards)];
  }

  /** The roles that one implies directly. */
  impliedBy(priorId: string): Role[] {
    return (this.#implied.get(priorId) ?? []).map((id) => this.roles.get(id)).filter((role) => role !== undefined);
  }

  /** The roles that imply others. */
  priors(): Role[] {
    return [...this.#implied.keys()].map((id) => this.roles.get(id)).filter((role) => role !== undefined);
  }
}
