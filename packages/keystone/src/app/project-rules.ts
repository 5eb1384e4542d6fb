import type { Project } from '../db/projects.ts';
import { conflict, invalid, stillInUse } from '../errors.ts';

interface Moves {
  readonly parentId?: string | null;
  readonly isDomain?: boolean;
}

/** A project is in the domain of its parent. @throws invalid */
export function refuseOtherDomain(parent: Project, domainId: string): void {
  if (parent.isDomain && parent.id !== domainId)
    throw invalid({
      message: `Cannot create project, the parent (${parent.id}) is acting as a domain, but this project's domain id (${domainId}) does not match the parent's id.`,
    });
  if (!parent.isDomain && parent.domainId !== domainId)
    throw invalid({
      message: `Cannot create project, since it specifies its domain_id ${domainId}, but specifies a parent in a different domain (${parent.domainId}).`,
    });
}

/** A project stays where it is. @throws invalid, stillInUse */
export function refuseMoves(known: Project, wanted: Moves): void {
  if (wanted.parentId !== undefined && wanted.parentId !== known.parentId)
    throw stillInUse({ message: 'Update of `parent_id` is not allowed.' });
  if (wanted.isDomain !== undefined && wanted.isDomain !== known.isDomain)
    throw invalid({ message: 'Update of `is_domain` is not allowed.' });
}

/** There are projects below it. */
export function notLeaf(id: string): Error {
  return stillInUse({
    message: `Cannot delete the project ${id} since it is not a leaf in the hierarchy. Use the cascade option if you want to delete a whole subtree.`,
  });
}

/** Names are unique among domains, and within a domain. */
export function nameTaken({ id, name, isDomain }: Project, cause: unknown): Error {
  const details = isDomain
    ? `it is not permitted to have two projects acting as domains with the same name: ${name}`
    : `it is not permitted to have two projects with either the same name or same id in the same domain: name is ${name}, project id ${id}`;
  return conflict({ message: `Conflict occurred attempting to store project - ${details}.` }, { cause });
}

/** Nothing is made below a disabled project. */
export function disabledBranch(id: string): Error {
  return invalid({ message: `cannot create a project in a branch containing a disabled project: ${id}` });
}

export function disabledParents(id: string): Error {
  return stillInUse({ message: `Cannot enable project ${id} since it has disabled parents` });
}
