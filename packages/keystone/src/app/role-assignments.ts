import { type Assignment, type AssignmentFilters, listAssignments, SYSTEM_TARGET } from '../db/assignments.ts';
import { chunksOf, inChunks } from '../db/chunks.ts';
import { findGroups } from '../db/groups.ts';
import { findProject, findProjects, type Project } from '../db/projects.ts';
import type { Role } from '../db/roles.ts';
import { findUsers } from '../db/users.ts';
import { EffectiveAssignments } from './effective-assignments.ts';
import type { ResourceDeps } from './resource-deps.ts';

export interface AssignmentsWanted {
  readonly userId?: string;
  readonly groupId?: string;
  readonly roleId?: string;
  readonly projectId?: string;
  readonly domainId?: string;
  readonly isSystem?: boolean;
  /** True: only roles given for the projects below; false: only the others. */
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
  readonly users: ReadonlyMap<string, { name: string; domainId: string }>;
  readonly groups: ReadonlyMap<string, { name: string; domainId: string }>;
  readonly projects: ReadonlyMap<string, Project>;
}

interface Named {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
}

export interface AssignmentList {
  readonly rows: readonly ListedAssignment[];
  /** There are more than a list may have. */
  readonly isCut: boolean;
}

/** The answer to "who may do what where?" */
export class RoleAssignments {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  /**
   * @param signal ends it half-way, when nobody waits for it.
   * @throws notFound of the user or project of an effective list; the signal's reason
   */
  async list(wanted: AssignmentsWanted, signal?: AbortSignal): Promise<AssignmentList> {
    const limit = this.#parts.listLimit;
    if (await this.#isOutside(wanted)) return { rows: [], isCut: false };
    const rows: ListedAssignment[] = [];
    const source = wanted.isEffective
      ? new EffectiveAssignments(this.#parts, wanted, limit).rows()
      : this.#given(wanted);
    for await (const row of source) {
      signal?.throwIfAborted();
      if (rows.length === limit) return { rows, isCut: true };
      rows.push(row);
    }
    return { rows, isCut: false };
  }

  async names(list: readonly ListedAssignment[]): Promise<AssignmentNames> {
    const { q } = this.#parts.db;
    const idsOf = (kind: 'user' | 'group') => list.filter((one) => one.actorKind === kind).map((one) => one.actorId);
    const { users, groups } = await this.#actors(idsOf('user'), idsOf('group'));
    const { roles } = await this.#parts.access.roleTable();
    const projects = await findProjects(
      q,
      list.map((one) => one.targetId),
    );
    const named = list.map((one) => roles.get(one.roleId)).filter((role) => role !== undefined);
    const domainIds = [...projects, ...users, ...groups, ...named]
      .map((one) => one.domainId)
      .filter((id) => id !== null);
    const domains = await findProjects(q, domainIds);
    return {
      roles,
      users: new Map(users.map((one) => [one.id, one])),
      groups: new Map(groups.map((one) => [one.id, one])),
      projects: new Map([...projects, ...domains].map((one) => [one.id, one])),
    };
  }

  /** Those that are in no table are in directories. */
  async #actors(userIds: readonly string[], groupIds: readonly string[]) {
    const { db, identities } = this.#parts;
    const users: Named[] = await inChunks(userIds, (some) => findUsers(db.q, some));
    const groups: Named[] = await findGroups(db.q, groupIds);
    const known = new Set([...users, ...groups].map((one) => one.id));
    const absent = new Set([...userIds, ...groupIds].filter((id) => !known.has(id)));
    const elsewhere = absent.size === 0 ? [] : await identities.namesOf([...absent]);
    const ofKind = (kind: string) => elsewhere.filter((one) => one.kind === kind);
    return { users: [...users, ...ofKind('user')], groups: [...groups, ...ofKind('group')] };
  }

  /** Whether a domain's reader asks for what is elsewhere. */
  async #isOutside({ withinDomainId, domainId, projectId, isSystem }: AssignmentsWanted): Promise<boolean> {
    if (withinDomainId === undefined) return false;
    if (isSystem || (domainId !== undefined && domainId !== withinDomainId)) return true;
    if (projectId === undefined) return false;
    const project = await findProject(this.#parts.db.q, projectId);
    return project?.domainId !== withinDomainId && project?.id !== withinDomainId;
  }

  async *#given(wanted: AssignmentsWanted): AsyncGenerator<ListedAssignment> {
    const { q } = this.#parts.db;
    const { userId, groupId, roleId, projectId, withSubtree } = wanted;
    const actor: AssignmentFilters =
      userId !== undefined
        ? { actorKind: 'user', actorIds: [userId] }
        : groupId !== undefined
          ? { actorKind: 'group', actorIds: [groupId] }
          : {};
    const base = {
      ...actor,
      ...(roleId === undefined ? {} : { roleIds: [roleId] }),
      ...(wanted.isInherited === undefined ? {} : { inherited: wanted.isInherited }),
    };
    const limit = this.#parts.listLimit + 1;
    for (const target of await this.#targets(wanted))
      yield* await listAssignments(q, { ...base, ...target }, { limit });
    if (projectId === undefined || !withSubtree) return;
    const below = await this.#parts.access.idsBelow(projectId);
    const list = (targetIds: readonly string[]) =>
      listAssignments(q, { ...base, targetKinds: ['project'], targetIds }, { limit });
    for (const some of chunksOf(below)) yield* await list(some);
  }

  async #targets(wanted: AssignmentsWanted): Promise<AssignmentFilters[]> {
    const { projectId, domainId, isSystem, withinDomainId, isInherited } = wanted;
    if (projectId !== undefined) return [{ targetKinds: ['project'], targetIds: [projectId] }];
    if (domainId !== undefined) return [{ targetKinds: ['domain'], targetIds: [domainId] }];
    const system: AssignmentFilters = { targetKinds: ['system'], targetIds: [SYSTEM_TARGET] };
    if (isSystem) return [system];
    if (withinDomainId !== undefined) return [{ insideDomain: withinDomainId }];
    return isInherited ? [{ targetKinds: ['project', 'domain'] }] : [{}];
  }
}
