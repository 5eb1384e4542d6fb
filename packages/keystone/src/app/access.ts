import type { Db } from '@kumo/core/db';
import { type Assignment, assignmentsOf, type Place, rolesHeldAt, SYSTEM_TARGET } from '../db/assignments.ts';
import { groupTag, projectTag, ROLES_TAG, userTag } from '../db/change-tags.ts';
import { newestPassword } from '../db/passwords.ts';
import { idsAbove, idsBelow } from '../db/project-trees.ts';
import { findProject, findProjects, type Project, tagsOf } from '../db/projects.ts';
import { allImplications, allRoles, type Role } from '../db/roles.ts';
import type { KeystoneTables } from '../db/schema.ts';
import type { User } from '../db/users.ts';
import { isEnabled } from '../passwords/account-rules.ts';
import type { SecurityCompliance } from '../passwords/password-settings.ts';
import type { TokenScope } from '../tokens/token-claims.ts';
import type { IdentitySource } from './identity/identity-source.ts';
import { RoleTable } from './role-table.ts';
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

/** Who may do what where, as far as tokens need it: all of it kept in memory until something of it changes. */
export class Access {
  readonly #db: Db<KeystoneTables>;
  readonly #cache: VersionedCache;
  readonly #identities: IdentitySource;
  readonly #compliance: SecurityCompliance;

  constructor(parts: {
    db: Db<KeystoneTables>;
    cache: VersionedCache;
    identities: IdentitySource;
    compliance: SecurityCompliance;
  }) {
    this.#db = parts.db;
    this.#cache = parts.cache;
    this.#identities = parts.identities;
    this.#compliance = parts.compliance;
  }

  /** Undefined when there is no such user. One that was not in use for too long is not enabled. */
  async identity(userId: string): Promise<Identity | undefined> {
    const load = async () => {
      const user = await this.#identities.findUser(userId);
      const domain = user && (await this.domain(user.domainId));
      if (!user || !domain) return undefined;
      const password = await newestPassword(this.#db.q, userId);
      return { user, domain, passwordExpiresAt: password?.expiresAt ?? null };
    };
    const found = await this.#cache.get(`identity ${userId}`, load, [userTag(userId)]);
    if (!found || found.user.enabled === this.isInUse(found.user)) return found;
    return { ...found, user: { ...found.user, enabled: false } };
  }

  /** Whether an account is enabled and was in use lately enough, which ends without a change of anything. */
  isInUse(user: User): boolean {
    return isEnabled(user, this.#compliance);
  }

  /** A project and its domain; undefined when there is none of this id. */
  project(projectId: string): Promise<Placed | undefined> {
    const load = async () => {
      const project = await findProject(this.#db.q, projectId);
      const domain = project && (project.isDomain ? project : await this.domain(project.domainId as string));
      return project && domain && { project, domain };
    };
    return this.#cache.get(`project ${projectId}`, load, [projectTag(projectId)]);
  }

  domain(domainId: string): Promise<Project | undefined> {
    const load = async () => {
      const found = await findProject(this.#db.q, domainId);
      return found?.isDomain ? found : undefined;
    };
    return this.#cache.get(`domain ${domainId}`, load, [projectTag(domainId)]);
  }

  /** The user's roles there with all that they imply, by name; roles of a domain only stand for what they imply. */
  async roles(userId: string, scope: TokenScope): Promise<Role[]> {
    if (scope.kind === 'unscoped') return [];
    return this.#cache.get(
      `roles ${userId} ${scopeKey(scope)}`,
      async (dependsOn) => {
        const groupIds = await this.groupIds(userId);
        dependsOn(...groupIds.map(groupTag));
        const held = await rolesHeldAt(this.#db.q, { userId, groupIds }, await this.#placeOf(scope));
        return (await this.roleTable()).effective(held);
      },
      [userTag(userId)],
    );
  }

  /** The groups that a user is in. */
  groupIds(userId: string): Promise<readonly string[]> {
    return this.#cache.get(`groups ${userId}`, () => this.#identities.groupIdsOf(userId), [userTag(userId)]);
  }

  /** All roles, and what they imply. */
  roleTable(): Promise<RoleTable> {
    const load = async () => new RoleTable(await allRoles(this.#db.q), await allImplications(this.#db.q));
    return this.#cache.get('roles', load, [ROLES_TAG]);
  }

  /**
   * The projects in which the user has a role; by default only those for which it can have a token: enabled, in an
   * enabled domain.
   */
  async projectsOf(userId: string, { onlyEnabled = true } = {}): Promise<Project[]> {
    const given = await this.#telling(userId);
    const direct = given.filter((one) => one.targetKind === 'project' && !one.inherited).map((one) => one.targetId);
    const parents = given.filter((one) => one.inherited).map((one) => one.targetId);
    const ids = [...direct, ...(await idsBelow(this.#db.q, [...new Set(parents)]))];
    const found = await findProjects(this.#db.q, ids);
    if (!onlyEnabled) return found;
    const domainIds = found.map((one) => one.domainId ?? one.id);
    const domains = new Map((await findProjects(this.#db.q, domainIds)).map((one) => [one.id, one]));
    return found.filter((one) => one.enabled && domains.get(one.domainId ?? one.id)?.enabled);
  }

  /** Those of some projects above or below one in which the user has a role. */
  async projectsAmong(userId: string, project: Project, relatives: readonly Project[]): Promise<Project[]> {
    const given = await this.#telling(userId);
    const direct = new Set(given.filter((one) => !one.inherited).map((one) => `${one.targetKind} ${one.targetId}`));
    const inherited = new Set(given.filter((one) => one.inherited).map((one) => one.targetId));
    const chain = [project.id, ...(await this.idsAbove(project.id))];
    const parents = new Map<string, string | null>(relatives.map((one) => [one.id, one.parentId]));
    for (const [at, id] of chain.entries()) parents.set(id, chain[at + 1] ?? null);
    return relatives.filter(({ id, parentId }) => {
      if (direct.has(`project ${id}`)) return true;
      for (let above = parentId; above; above = parents.get(above) ?? null) if (inherited.has(above)) return true;
      return false;
    });
  }

  /** The enabled domains in which the user has a role. */
  async domainsOf(userId: string): Promise<Project[]> {
    const given = await this.#telling(userId);
    const ids = given.filter((one) => one.targetKind === 'domain' && !one.inherited).map((one) => one.targetId);
    return (await findProjects(this.#db.q, ids)).filter((one) => one.enabled);
  }

  /** The tags of each of some projects. */
  tagsOf(projectIds: readonly string[]): Promise<Map<string, string[]>> {
    return tagsOf(this.#db.q, projectIds);
  }

  /** What is given to the user and its groups, without roles that say nothing in tokens. */
  async #telling(userId: string): Promise<Assignment[]> {
    const [groupIds, table] = [await this.groupIds(userId), await this.roleTable()];
    const given = await assignmentsOf(this.#db.q, { userId, groupIds });
    return given.filter((one) => table.isTelling(one.roleId));
  }

  async #placeOf(scope: Exclude<TokenScope, { kind: 'unscoped' }>): Promise<Place> {
    switch (scope.kind) {
      case 'project':
        return { kind: 'project', id: scope.projectId, above: await this.idsAbove(scope.projectId) };
      case 'domain':
        return { kind: 'domain', id: scope.domainId, above: [] };
      case 'system':
        return { kind: 'system', id: SYSTEM_TARGET, above: [] };
    }
  }

  /** The ids of all projects below a project or domain. */
  idsBelow(parentId: string): Promise<string[]> {
    return idsBelow(this.#db.q, [parentId]);
  }

  /** The ids of those above a project, its domain last. A project stays where it is as long as it is there. */
  idsAbove(projectId: string): Promise<string[]> {
    return this.#cache.get(`above ${projectId}`, () => idsAbove(this.#db.q, projectId), [projectTag(projectId)]);
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
