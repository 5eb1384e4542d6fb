import {
  type Assignment,
  deleteAssignment,
  insertAssignment,
  listAssignments,
  SYSTEM_TARGET,
} from '../db/assignments.ts';
import { findGroup, type Group } from '../db/groups.ts';
import { findProject, type Project } from '../db/projects.ts';
import { allRoles, findRole, type Role } from '../db/roles.ts';
import type { ActorKind, TargetKind } from '../db/schema.ts';
import { findUser, type User } from '../db/users.ts';
import { notAllowed, notFound } from '../errors.ts';
import type { CoreParts } from './core-parts.ts';

/** Who shall have a role where, by ids. */
export interface GrantIds {
  readonly actor: ActorKind;
  readonly actorId: string;
  readonly target: TargetKind;
  /** Undefined for the system. */
  readonly targetId?: string;
  readonly roleId?: string;
  readonly inherited: boolean;
}

/** What of it is there. */
export interface GrantParts {
  readonly actor: User | Group | undefined;
  readonly target: Project | 'system' | undefined;
  readonly role: Role | undefined;
}

/** Roles given to users and groups on projects, domains and the system. */
export class Grants {
  readonly #parts: CoreParts;

  constructor(parts: CoreParts) {
    this.#parts = parts;
  }

  async look(ids: GrantIds): Promise<GrantParts> {
    const { q } = this.#parts.db;
    const [actor, project, role] = await Promise.all([
      ids.actor === 'user' ? findUser(q, ids.actorId) : findGroup(q, ids.actorId),
      ids.targetId === undefined ? undefined : findProject(q, ids.targetId),
      ids.roleId === undefined ? undefined : findRole(q, ids.roleId),
    ]);
    const isFit = ids.target !== 'domain' || project?.isDomain;
    return { actor, target: ids.target === 'system' ? 'system' : isFit ? project : undefined, role };
  }

  /** The roles given, without what they imply. @throws notFound of actor or target. */
  async list(ids: GrantIds, parts: GrantParts): Promise<Role[]> {
    requireAll(ids, parts);
    const { actor, actorId, target, targetId = SYSTEM_TARGET, inherited } = ids;
    const wanted = { actorKind: actor, actorIds: [actorId], targetKind: target, targetIds: [targetId], inherited };
    const given = new Set((await listAssignments(this.#parts.db.q, wanted)).map((one) => one.roleId));
    return (await allRoles(this.#parts.db.q)).filter((role) => given.has(role.id));
  }

  /** @throws notFound of a part or of the grant. */
  async check(ids: GrantIds, parts: GrantParts): Promise<void> {
    const roles = await this.list(ids, parts);
    if (!roles.some((role) => role.id === ids.roleId)) throw grantNotFound(ids);
  }

  /** Nothing happens when it is given already. @throws notFound; notAllowed for another domain's role. */
  async give(ids: GrantIds, parts: GrantParts): Promise<void> {
    const { role, target } = requireAll(ids, parts);
    const domainId = target === 'system' ? null : (target.domainId ?? target.id);
    if (role && role.domainId !== null && role.domainId !== domainId)
      throw notAllowed({ message: `role ${role.id} belongs to another domain.` });
    await this.#parts.changes.write((tx) => insertAssignment(tx, assignmentOf(ids)));
  }

  /** @throws notFound of a part or of the grant. */
  async revoke(ids: GrantIds, parts: GrantParts): Promise<void> {
    requireAll(ids, parts);
    const wasGiven = await this.#parts.changes.write((tx) => deleteAssignment(tx, assignmentOf(ids)));
    if (!wasGiven) throw grantNotFound(ids);
  }
}

function requireAll(ids: GrantIds, { actor, target, role }: GrantParts) {
  if (ids.roleId !== undefined && !role) throw notFound({ kind: 'role', id: ids.roleId });
  if (!actor) throw notFound({ kind: ids.actor, id: ids.actorId });
  if (!target) throw notFound({ kind: ids.target, id: ids.targetId });
  return { actor, target, role };
}

function assignmentOf({
  actor,
  actorId,
  target,
  targetId = SYSTEM_TARGET,
  roleId = '',
  inherited,
}: GrantIds): Assignment {
  return { actorKind: actor, actorId, targetKind: target, targetId, roleId, inherited };
}

function grantNotFound({ actor, actorId, target, targetId, roleId }: GrantIds) {
  const where = target === 'system' ? 'the system' : `${target} ${targetId}`;
  return notFound({ kind: `role assignment with role: ${roleId}, ${actor}: ${actorId} on`, id: where });
}
