import { type Assignment, type AssignmentFilters, listAssignments, SYSTEM_TARGET } from '../db/assignments.ts';
import { chunksOf } from '../db/chunks.ts';
import { notFound } from '../errors.ts';
import type { ResourceDeps } from './resource-deps.ts';
import type { AssignmentsWanted, ListedAssignment } from './role-assignments.ts';
import type { RoleTable } from './role-table.ts';

/** Assignments read at a time. */
const BATCH = 1_000;

interface Places {
  /** Where what was given can have an effect that is asked for. */
  readonly sources: readonly AssignmentFilters[];
  /** The projects asked for; undefined: any. */
  readonly projectIds?: ReadonlySet<string>;
}

/**
 * What users can do: groups as their members, inherited roles on the projects below, and the roles that others imply,
 * each with where it comes from. Only what can have an effect on what is asked for is read, a batch at a time.
 */
export class EffectiveAssignments {
  readonly #parts: ResourceDeps;
  readonly #wanted: AssignmentsWanted;
  readonly #limit: number;
  readonly #below = new Map<string, Promise<readonly string[]>>();
  readonly #members = new Map<string, Promise<readonly string[]>>();

  constructor(parts: ResourceDeps, wanted: AssignmentsWanted, limit: number) {
    this.#parts = parts;
    this.#wanted = wanted;
    this.#limit = limit;
  }

  /** @throws notFound of the user or project asked for. */
  async *rows(): AsyncGenerator<ListedAssignment> {
    const { roleId } = this.#wanted;
    const table = await this.#parts.access.roleTable();
    const roleIds = roleId === undefined ? undefined : table.leadingTo(roleId);
    const { sources, projectIds } = await this.#places();
    for (const actor of await this.#actors()) {
      for (const source of sources) {
        const filters = { ...source, ...actor, ...(roleIds && { roleIds }) };
        for await (const given of this.#all(filters)) yield* this.#expand(given, projectIds, table);
      }
    }
  }

  async #actors(): Promise<AssignmentFilters[]> {
    const { userId } = this.#wanted;
    if (userId === undefined) return [{}];
    const { access } = this.#parts;
    if (!(await access.identity(userId))) throw notFound({ kind: 'user', id: userId });
    const groupIds = await access.groupIds(userId);
    const own: AssignmentFilters = { actorKind: 'user', actorIds: [userId] };
    return groupIds.length === 0 ? [own] : [own, { actorKind: 'group', actorIds: groupIds }];
  }

  async #places(): Promise<Places> {
    const { projectId, domainId, isSystem, isInherited, withinDomainId } = this.#wanted;
    if (projectId !== undefined) return this.#placesOf(projectId);
    const only = isInherited === undefined ? {} : { inherited: isInherited };
    if (domainId !== undefined)
      return { sources: [{ targetKinds: ['domain'], targetIds: [domainId], inherited: false }] };
    if (isSystem) return { sources: [{ targetKinds: ['system'], targetIds: [SYSTEM_TARGET], ...only }] };
    if (withinDomainId !== undefined) return { sources: [{ insideDomain: withinDomainId, ...only }] };
    return { sources: [{ targetKinds: ['project', 'domain'], ...only }] };
  }

  async #placesOf(projectId: string): Promise<Places> {
    const { access } = this.#parts;
    const { withSubtree, isInherited } = this.#wanted;
    if (!(await access.project(projectId))) throw notFound({ kind: 'project', id: projectId });
    const below = withSubtree ? await access.idsBelow(projectId) : [];
    const projectIds = [projectId, ...below];
    const sources: AssignmentFilters[] = [];
    if (isInherited !== true)
      for (const targetIds of chunksOf(projectIds))
        sources.push({ targetKinds: ['project'], targetIds, inherited: false });
    if (isInherited !== false) {
      const inside = withSubtree ? projectIds : [];
      for (const targetIds of chunksOf([...(await access.idsAbove(projectId)), ...inside]))
        sources.push({ targetKinds: ['project', 'domain'], targetIds, inherited: true });
    }
    return { sources, projectIds: new Set(projectIds) };
  }

  async *#all(filters: AssignmentFilters): AsyncGenerator<Assignment> {
    let after: Assignment | undefined;
    for (;;) {
      const batch = await listAssignments(this.#parts.db.q, filters, { limit: BATCH, ...(after && { after }) });
      yield* batch;
      if (batch.length < BATCH) return;
      after = batch.at(-1);
    }
  }

  async *#expand(
    given: Assignment,
    projectIds: ReadonlySet<string> | undefined,
    table: RoleTable,
  ): AsyncGenerator<ListedAssignment> {
    const isTold = (roleId: string) =>
      table.isGlobal(roleId) && (this.#wanted.roleId === undefined || this.#wanted.roleId === roleId);
    const steps = table.stepsFrom(given.roleId).filter((step) => isTold(step.roleId));
    const isItself = isTold(given.roleId);
    if (!isItself && steps.length === 0) return;
    for await (const placed of this.#onProjects(given, projectIds))
      for await (const one of this.#byUser(placed)) {
        if (isItself) yield one;
        for (const { roleId, priorId } of steps) yield { ...one, roleId, priorRoleId: priorId };
      }
  }

  /** An inherited one on every project that it holds for. */
  async *#onProjects(given: Assignment, projectIds: ReadonlySet<string> | undefined): AsyncGenerator<ListedAssignment> {
    const { targetKind, targetId } = given;
    if (!given.inherited || targetKind === 'system') {
      yield given;
      return;
    }
    const isFromAbove = projectIds !== undefined && !projectIds.has(targetId);
    const reached = isFromAbove ? projectIds : await this.#idsBelow(targetId);
    const inheritedFrom = { targetKind, targetId };
    for (const id of reached) yield { ...given, targetKind: 'project', targetId: id, inherited: false, inheritedFrom };
  }

  /** A group's as its members'. */
  async *#byUser(placed: ListedAssignment): AsyncGenerator<ListedAssignment> {
    if (placed.actorKind === 'user') {
      yield placed;
      return;
    }
    const groupId = placed.actorId;
    const { userId } = this.#wanted;
    const members = userId === undefined ? await this.#membersOf(groupId) : [userId];
    for (const actorId of members) yield { ...placed, actorKind: 'user', actorId, groupId };
  }

  #idsBelow(id: string): Promise<readonly string[]> {
    const known = this.#below.get(id) ?? this.#parts.access.idsBelow(id);
    this.#below.set(id, known);
    return known;
  }

  /** No more of them than the list can have, and one. */
  #membersOf(groupId: string): Promise<readonly string[]> {
    const known = this.#members.get(groupId) ?? this.#parts.identities.memberIdsOf(groupId, this.#limit + 1);
    this.#members.set(groupId, known);
    return known;
  }
}
