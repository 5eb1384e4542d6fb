import { invalid, notFound } from '../errors.ts';
import type { RoleTable } from './role-table.ts';

/** A role by its id or its name. */
export interface RoleRef {
  readonly id?: string;
  readonly name?: string;
}

/**
 * The ids that roles are meant by, each once. Ids are taken as they are.
 * @throws notFound for an unknown name, invalid for one that several roles have.
 */
export function rolesNamed(table: RoleTable, refs: readonly RoleRef[]): string[] {
  const ids = refs.map(({ id, name }) => {
    if (id !== undefined) return id;
    const [role, ...others] = [...table.roles.values()].filter((one) => one.name === name);
    if (!role) throw notFound({ kind: 'role', id: name });
    if (others.length > 0)
      throw invalid({ message: `There are multiple role entities named '${name}'. Please use ID instead of names.` });
    return role.id;
  });
  return [...new Set(ids)];
}
