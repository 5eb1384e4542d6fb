import {
  type Assignment,
  deleteAssignment,
  insertAssignment,
  listAssignments,
  SYSTEM_TARGET,
} from '../db/assignments.ts';
import { groupTag, userTag } from '../db/change-tags.ts';
import type { Group } from '../db/groups.ts';
import { findProject, type Project } from '../db/projects.ts';
import { findRole, type Role } from '../db/roles.ts';
import type { ActorKind, TargetKind } from '../db/schema.ts';
import type { User } from '../db/users.ts';
import { invalid, missing, notFound, stillInUse } from '../errors.ts';
import type { ResourceDeps } from './resource-deps.ts';

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

/** The resources that a grant names; undefined for those that do not exist. */
export interface GrantParts {
  readonly actor: User | Group | undefined;
  readonly target: Project | 'system' | undefined;
  readonly role: Role | undefined;
}

/** Roles given to users and groups on projects, domains and the system. */
export class Grants {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  async look(ids: GrantIds): Promise<GrantParts> {
    const { access, db, identities } = this.#parts;
    const [actor, project, role] = await Promise.all([
      ids.actor === 'user' ? access.identity(ids.actorId).then((one) => one?.user) : identities.findGroup(ids.actorId),
      ids.targetId === undefined ? undefined : findProject(db.q, ids.targetId),
      ids.roleId === undefined ? undefined : findRole(db.q, ids.roleId),
    ]);
    const isFit = ids.target !== 'domain' || project?.isDomain;
    return { actor, target: ids.target === 'system' ? 'system' : isFit ? project : undefined, role };
  }

  /** The roles given, without what they imply. @throws notFound of actor or target. */
  async list(ids: GrantIds, parts: GrantParts): Promise<Role[]> {
    requireActor(ids, parts);
    requireRest(ids, parts);
    const { roles } = await this.#parts.access.roleTable();
    return (await this.#given(ids)).map((one) => roles.get(one.roleId)).filter((role) => role !== undefined);
  }

  /** @throws notFound of a part, missing of the grant. */
  async check(ids: GrantIds, parts: GrantParts): Promise<void> {
    requireActor(ids, parts);
    requireRest(ids, parts);
    if ((await this.#given(ids)).length === 0) throw grantMissing(ids);
  }

  /** Nothing happens when it is given already. @throws notFound; stillInUse, invalid for another domain's role. */
  async give(ids: GrantIds, parts: GrantParts): Promise<void> {
    requireActor(ids, parts);
    const { role, target } = requireRest(ids, parts);
    if (role && role.domainId !== null) refuseForeignRole(role, ids, target);
    await this.#parts.changes.write((tx) => insertAssignment(tx, assignmentOf(ids)), [tagOf(ids)]);
  }

  /** Also from an actor that is no longer there. @throws notFound of target and role, missing of the grant. */
  async revoke(ids: GrantIds, parts: GrantParts): Promise<void> {
    requireRest(ids, parts);
    await this.#parts.changes.write(
      async (tx) => {
        if (!(await deleteAssignment(tx, assignmentOf(ids)))) throw grantMissing(ids);
      },
      [tagOf(ids)],
    );
  }

  #given({ actor, actorId, target, targetId = SYSTEM_TARGET, inherited, roleId }: GrantIds): Promise<Assignment[]> {
    return listAssignments(this.#parts.db.q, {
      actorKind: actor,
      actorIds: [actorId],
      targetKinds: [target],
      targetIds: [targetId],
      inherited,
      ...(roleId === undefined ? {} : { roleIds: [roleId] }),
    });
  }
}

function requireActor({ actor: kind, actorId: id }: GrantIds, { actor }: GrantParts): void {
  if (!actor) throw notFound({ kind, id });
}

function requireRest(ids: GrantIds, { target, role }: GrantParts) {
  if (ids.roleId !== undefined && !role) throw notFound({ kind: 'role', id: ids.roleId });
  if (!target) throw notFound({ kind: ids.target, id: ids.targetId });
  return { target, role };
}

/** A domain's role is for that domain's projects. */
function refuseForeignRole(role: Role, { target: kind }: GrantIds, target: Project | 'system'): void {
  if (target === 'system')
    throw invalid({
      message: `Role ${role.id} is a domain-specific role. Unable to use a domain-specific role in a system assignment.`,
    });
  if (kind === 'project' && target.domainId !== role.domainId)
    throw stillInUse({
      message: `Project ${target.id} must be in the same domain as the role ${role.id} being assigned.`,
    });
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

function tagOf({ actor, actorId }: GrantIds): string {
  return actor === 'user' ? userTag(actorId) : groupTag(actorId);
}

function grantMissing({ actorId, targetId = SYSTEM_TARGET, roleId }: GrantIds) {
  return missing({
    message: `Could not find role assignment with role: ${roleId}, user or group: ${actorId}, project, domain, or system: ${targetId}.`,
  });
}
