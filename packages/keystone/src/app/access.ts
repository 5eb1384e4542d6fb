import type { Db } from '@kumo/core/db';
import { type Assignment, assignmentsOfActors, SYSTEM_TARGET } from '../db/assignments.ts';
import { groupIdsOf } from '../db/groups.ts';
import { findProject, findProjects, listProjects, type Project, tagsOf } from '../db/projects.ts';
import { allImplications, allRoles, type Role } from '../db/roles.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { findUser, newestPassword, type User } from '../db/users.ts';
import type { TokenScope } from '../tokens/token-claims.ts';
import { expandRoles } from './role-expansion.ts';
import type { VersionedCache } from './versioned-cache.ts';

export interface Identity {
  readonly user: User;
  readonly domain: Project;
  readonly passwordExpiresAt: string | null;
}

export interface Placed {
  readonly project: Project;
  readonly domain: Project;
}

/** Who may do what where, as far as tokens need it: all of it kept in memory until something changes. */
export class Access {
  readonly #db: Db<KeystoneTables>;
  readonly #cache: VersionedCache;

  constructor(db: Db<KeystoneTables>, cache: VersionedCache) {
    this.#db = db;
    this.#cache = cache;
  }

  /** Undefined when there is no such user. */
  identity(userId: string): Promise<Identity | undefined> {
    return this.#cache.get(`identity ${userId}`, async () => {
      const user = await findUser(this.#db.q, userId);
      const domain = user && (await findProject(this.#db.q, user.domainId));
      if (!user || !domain) return undefined;
      const password = await newestPassword(this.#db.q, userId);
      return { user, domain, passwordExpiresAt: password?.expiresAt ?? null };
    });
  }

  /** A project and its domain; undefined when there is none of this id. */
  project(projectId: string): Promise<Placed | undefined> {
    return this.#cache.get(`project ${projectId}`, async () => {
      const project = await findProject(this.#db.q, projectId);
      const domain = project && (project.isDomain ? project : await this.domain(project.domainId as string));
      return project && domain && { project, domain };
    });
  }

  domain(domainId: string): Promise<Project | undefined> {
    return this.#cache.get(`domain ${domainId}`, async () => {
      const found = await findProject(this.#db.q, domainId);
      return found?.isDomain ? found : undefined;
    });
  }

  /** The user's roles there with all that they imply, by name; roles of a domain only stand for what they imply. */
  roles(userId: string, scope: TokenScope): Promise<Role[]> {
    return this.#cache.get(`roles ${userId} ${scopeKey(scope)}`, async () => {
      const given = await this.assignments(userId);
      const above = scope.kind === 'project' ? await this.#above(scope.projectId) : [];
      const held = given.filter((one) => holdsFor(one, scope, above)).map((one) => one.roleId);
      const { roles, implied } = await this.#roleTable();
      return [...expandRoles(held, implied)]
        .map((id) => roles.get(id))
        .filter((role): role is Role => role?.domainId === null)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  /** What is given to the user or to one of its groups. */
  assignments(userId: string): Promise<Assignment[]> {
    return this.#cache.get(`assignments ${userId}`, async () => {
      const groups = await groupIdsOf(this.#db.q, userId);
      const all = await assignmentsOfActors(this.#db.q, [userId, ...groups]);
      return all.filter((one) => one.actorKind === (one.actorId === userId ? 'user' : 'group'));
    });
  }

  /** The enabled projects in which the user has a role. */
  async projectsOf(userId: string): Promise<Project[]> {
    const given = await this.assignments(userId);
    const direct = given.filter((one) => one.targetKind === 'project' && !one.inherited).map((one) => one.targetId);
    const found = new Map((await findProjects(this.#db.q, direct)).map((one) => [one.id, one]));
    const parents = given.filter((one) => one.inherited).map((one) => one.targetId);
    for (const project of await this.#below(parents)) found.set(project.id, project);
    const domains = new Map(
      (
        await findProjects(
          this.#db.q,
          [...found.values()].map((one) => one.domainId ?? one.id),
        )
      ).map((one) => [one.id, one]),
    );
    return [...found.values()].filter((one) => one.enabled && domains.get(one.domainId ?? one.id)?.enabled);
  }

  /** The enabled domains in which the user has a role. */
  async domainsOf(userId: string): Promise<Project[]> {
    const given = await this.assignments(userId);
    const ids = given.filter((one) => one.targetKind === 'domain' && !one.inherited).map((one) => one.targetId);
    return (await findProjects(this.#db.q, ids)).filter((one) => one.enabled);
  }

  /** The tags of each of some projects. */
  tagsOf(projectIds: readonly string[]): Promise<Map<string, string[]>> {
    return tagsOf(this.#db.q, projectIds);
  }

  /** All projects below some projects or domains. */
  async #below(parentIds: readonly string[]): Promise<Project[]> {
    const found = new Map<string, Project>();
    let level = [...new Set(parentIds)];
    while (level.length > 0) {
      const { rows } = await listProjects(this.#db.q, {
        filters: [
          { column: 'parent_id', op: 'in', value: level },
          { column: 'is_domain', op: 'eq', value: 0 },
        ],
      });
      level = rows.filter((one) => !found.has(one.id)).map((one) => one.id);
      for (const project of rows) found.set(project.id, project);
    }
    return [...found.values()];
  }

  /** The ids of a project's parents, up to its domain. */
  async #above(projectId: string): Promise<string[]> {
    const ids: string[] = [];
    let at = (await this.project(projectId))?.project;
    while (at?.parentId && !ids.includes(at.parentId)) {
      ids.push(at.parentId);
      at = (await this.project(at.parentId))?.project;
    }
    return ids;
  }

  #roleTable(): Promise<{ roles: Map<string, Role>; implied: Map<string, string[]> }> {
    return this.#cache.get('roles', async () => {
      const roles = await allRoles(this.#db.q);
      return { roles: new Map(roles.map((role) => [role.id, role])), implied: await allImplications(this.#db.q) };
    });
  }
}

function holdsFor(given: Assignment, scope: TokenScope, above: readonly string[]): boolean {
  switch (scope.kind) {
    case 'project':
      return given.inherited
        ? above.includes(given.targetId)
        : given.targetKind === 'project' && given.targetId === scope.projectId;
    case 'domain':
      return !given.inherited && given.targetKind === 'domain' && given.targetId === scope.domainId;
    case 'system':
      return !given.inherited && given.targetKind === 'system' && given.targetId === SYSTEM_TARGET;
    case 'unscoped':
      return false;
  }
}

function scopeKey(scope: TokenScope): string {
  switch (scope.kind) {
    case 'project':
      return `project ${scope.projectId}`;
    case 'domain':
      return `domain ${scope.domainId}`;
    default:
      return scope.kind;
  }
}
