import {
  type Assignment,
  type AssignmentFilters,
  assignmentsOfActors,
  listAssignments,
  SYSTEM_TARGET,
} from '../db/assignments.ts';
import { findGroups, groupIdsOf, membersOf } from '../db/groups.ts';
import { findProjects, listProjects, type Project } from '../db/projects.ts';
import { allImplications, allRoles, type Role } from '../db/roles.ts';
import { findUsers } from '../db/users.ts';
import type { CoreParts } from './core-parts.ts';

export interface AssignmentsWanted {
  readonly userId?: string;
  readonly groupId?: string;
  readonly roleId?: string;
  readonly projectId?: string;
  readonly domainId?: string;
  readonly isSystem?: boolean;
  /** Only roles given for the projects below. */
  readonly isInherited?: boolean;
  /** What users can do, groups, inheritance and implied roles worked out. */
  readonly isEffective?: boolean;
  /** The projects below `projectId` as well. */
  readonly withSubtree?: boolean;
  /** Only what is on this domain or in it: all that a domain's reader may see. */
  readonly withinDomainId?: string;
}

/** An assignment, and for one that was worked out what it comes from. */
export interface ListedAssignment extends Assignment {
  readonly groupId?: string;
  readonly priorRoleId?: string;
  readonly inheritedFrom?: { readonly targetKind: 'project' | 'domain'; readonly targetId: string };
}

/** What the ids in a list stand for. */
export interface AssignmentNames {
  readonly roles: ReadonlyMap<string, Role>;
  readonly actors: ReadonlyMap<string, { name: string; domainId: string }>;
  readonly projects: ReadonlyMap<string, Project>;
}

/** The answer to "who may do what where?" */
export class RoleAssignments {
  readonly #parts: CoreParts;

  constructor(parts: CoreParts) {
    this.#parts = parts;
  }

  async list(wanted: AssignmentsWanted): Promise<ListedAssignment[]> {
    const targets = await this.#targets(wanted);
    const found = wanted.isEffective ? await this.#effective(wanted) : await this.#given(wanted);
    const fits = found.filter(
      (one) =>
        (wanted.roleId === undefined || one.roleId === wanted.roleId) &&
        (targets === undefined || (one.targetKind === targets.kind && targets.ids.includes(one.targetId))) &&
        (wanted.isInherited === undefined || one.inherited || one.inheritedFrom !== undefined),
    );
    return wanted.withinDomainId === undefined ? fits : this.#within(wanted.withinDomainId, fits);
  }

  async names(list: readonly ListedAssignment[]): Promise<AssignmentNames> {
    const { q } = this.#parts.db;
    const idsOf = (kind: 'user' | 'group') => [
      ...new Set(list.filter((one) => one.actorKind === kind).map((one) => one.actorId)),
    ];
    const actors = [...(await findUsers(q, idsOf('user'))), ...(await findGroups(q, idsOf('group')))];
    const roles = await allRoles(q);
    const projects = await findProjects(q, [...new Set(list.map((one) => one.targetId))]);
    const domainIds = [...projects, ...actors, ...roles].map((one) => one.domainId).filter((id) => id !== null);
    const domains = await findProjects(q, [...new Set(domainIds)]);
    return {
      roles: new Map(roles.map((one) => [one.id, one])),
      actors: new Map(actors.map((one) => [one.id, one])),
      projects: new Map([...projects, ...domains].map((one) => [one.id, one])),
    };
  }

  #given({ userId, groupId, roleId }: AssignmentsWanted): Promise<ListedAssignment[]> {
    const actor: AssignmentFilters =
      userId !== undefined
        ? { actorKind: 'user', actorIds: [userId] }
        : groupId !== undefined
          ? { actorKind: 'group', actorIds: [groupId] }
          : {};
    return listAssignments(this.#parts.db.q, { ...actor, roleId });
  }

  async #effective({ userId }: AssignmentsWanted): Promise<ListedAssignment[]> {
    const { q } = this.#parts.db;
    const given =
      userId === undefined
        ? await listAssignments(q, {})
        : await assignmentsOfActors(q, [userId, ...(await groupIdsOf(q, userId))]);
    const byUser = (await this.#byUser(given)).filter((one) => userId === undefined || one.actorId === userId);
    const implied = await this.#withImplied(await this.#onProjects(byUser));
    const distinct = new Map<string, ListedAssignment>();
    for (const one of implied) {
      const key = [one.actorId, one.targetKind, one.targetId, one.roleId].join(' ');
      if (!distinct.has(key)) distinct.set(key, one);
    }
    return [...distinct.values()];
  }

  /** A group's assignments as its members'. */
  async #byUser(given: readonly Assignment[]): Promise<ListedAssignment[]> {
    const groups = given.filter((one) => one.actorKind === 'group').map((one) => one.actorId);
    const members = Map.groupBy(await membersOf(this.#parts.db.q, [...new Set(groups)]), (one) => one.groupId);
    return given.flatMap((one): ListedAssignment[] => {
      if (one.actorKind === 'user') return [one];
      const inside = members.get(one.actorId) ?? [];
      return inside.map(({ userId, groupId }) => ({ ...one, actorKind: 'user', actorId: userId, groupId }));
    });
  }

  /** Inherited ones on every project that they hold for. */
  async #onProjects(given: readonly ListedAssignment[]): Promise<ListedAssignment[]> {
    const found: ListedAssignment[] = [];
    for (const one of given) {
      const { targetKind, targetId } = one;
      if (!one.inherited || targetKind === 'system') {
        found.push(one);
        continue;
      }
      const inheritedFrom = { targetKind, targetId };
      for (const id of await this.#below(targetId))
        found.push({ ...one, targetKind: 'project', targetId: id, inherited: false, inheritedFrom });
    }
    return found;
  }

  async #withImplied(given: readonly ListedAssignment[]): Promise<ListedAssignment[]> {
    const { q } = this.#parts.db;
    const implied = await allImplications(q);
    const ofDomains = new Set((await allRoles(q)).filter((role) => role.domainId !== null).map((role) => role.id));
    return given.flatMap((one) => {
      const reached = new Map<string, ListedAssignment>([[one.roleId, one]]);
      // A map is walked through to its end, what is added on the way included.
      for (const [prior] of reached)
        for (const roleId of implied.get(prior) ?? [])
          if (!reached.has(roleId)) reached.set(roleId, { ...one, roleId, priorRoleId: prior });
      return [...reached.values()].filter(({ roleId }) => !ofDomains.has(roleId));
    });
  }

  async #targets(wanted: AssignmentsWanted): Promise<{ kind: string; ids: string[] } | undefined> {
    const { projectId, domainId, isSystem, withSubtree } = wanted;
    if (projectId !== undefined)
      return { kind: 'project', ids: [projectId, ...(withSubtree ? await this.#below(projectId) : [])] };
    if (domainId !== undefined) return { kind: 'domain', ids: [domainId] };
    return isSystem ? { kind: 'system', ids: [SYSTEM_TARGET] } : undefined;
  }

  async #within(domainId: string, list: readonly ListedAssignment[]): Promise<ListedAssignment[]> {
    const projects = await findProjects(this.#parts.db.q, [...new Set(list.map((one) => one.targetId))]);
    const inside = new Set(projects.filter((one) => one.domainId === domainId).map((one) => one.id));
    return list.filter((one) => one.targetId === domainId || inside.has(one.targetId));
  }

  /** The ids of all projects below one or in a domain. */
  async #below(id: string): Promise<string[]> {
    const ids = [id];
    for (const parent of ids) {
      const { rows } = await listProjects(this.#parts.db.q, {
        filters: [{ column: 'parent_id', op: 'eq', value: parent }],
      });
      ids.push(...rows.filter((one) => !ids.includes(one.id)).map((one) => one.id));
    }
    return ids.slice(1);
  }
}
