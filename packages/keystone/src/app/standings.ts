import type { TokenInfo } from '@kumo/core/http';
import type { Project } from '../db/projects.ts';
import type { Role } from '../db/roles.ts';
import type { User } from '../db/users.ts';
import type { TokenClaims, TokenScope } from '../tokens/token-claims.ts';
import type { Access, Identity } from './access.ts';
import type { Delegated, Delegations } from './delegations.ts';
import type { RevocableParties } from './revoked-tokens.ts';
import type { VersionedCache } from './versioned-cache.ts';

/** What all tokens of a user for a scope (by one trust, by one application credential) stand for now. */
export interface Standing {
  /** Whom they act as: of a trust that impersonates, the trustor. */
  readonly identity: Identity;
  /** Everybody who must be enabled: who logged in, whom they act as, whose roles they have. */
  readonly people: readonly User[];
  /** The trust or application credential that the roles come from. */
  readonly delegated?: Delegated;
  readonly project?: Project;
  /** Of the project, or what the tokens are for. */
  readonly domain?: Project;
  readonly roles: readonly Role[];
  /** Only said of projects, when the configuration names an admin project. */
  readonly isAdminProject?: boolean;
  readonly parties: RevocableParties;
  readonly bearer: Omit<TokenInfo, 'auditIds' | 'expiresAt'>;
}

/** The project whose tokens are an administrator's of the cloud; others' are not then. */
export interface AdminProject {
  readonly name: string;
  readonly domainName: string;
}

interface StandingParts {
  readonly access: Access;
  readonly delegations: Delegations;
  readonly cache: VersionedCache;
  readonly adminProject?: AdminProject;
}

type Found = Omit<Standing, 'parties' | 'bearer'>;
/** The scope's project and domain. */
type Place = Pick<Standing, 'project' | 'domain' | 'isAdminProject'>;

/** Works out what tokens stand for, and keeps it until something of it changes. */
export class Standings {
  readonly #parts: StandingParts;

  constructor(parts: StandingParts) {
    this.#parts = parts;
  }

  /** Undefined when the user may have nothing like it (any more). Whether the delegation is over is not looked at. */
  async find(claims: TokenClaims): Promise<Standing | undefined> {
    const { access, cache } = this.#parts;
    const load = async () => {
      const found = await this.#resolve(claims);
      return found && { ...found, parties: partiesOf(found, claims), bearer: bearerOf(found, claims.scope) };
    };
    const standing = await cache.get(keyOf(claims), load, []);
    return standing?.people.every((one) => access.isInUse(one)) ? standing : undefined;
  }

  async #resolve(claims: TokenClaims): Promise<Found | undefined> {
    const { scope, userId } = claims;
    const identity = await this.#enabled(userId);
    if (!identity) return undefined;
    const people = [identity.user];
    if (scope.kind === 'unscoped') return { identity, people, roles: [] };
    const placed = await this.#place(scope);
    if (!placed) return undefined;
    if (claims.trustId !== undefined || claims.applicationCredentialId !== undefined)
      return this.#resolveDelegated(claims, identity, placed);
    const roles = await this.#parts.access.roles(userId, scope);
    return roles.length === 0 ? undefined : { identity, people, roles, ...placed };
  }

  async #resolveDelegated(claims: TokenClaims, bearer: Identity, placed: Place): Promise<Found | undefined> {
    const delegated = await this.#parts.delegations.resolve(claims);
    const identity = delegated && (await this.#enabled(delegated.actingUserId));
    if (!delegated || !identity || delegated.roles.length === 0) return undefined;
    const owner = await this.#enabled(delegated.ownerId);
    if (!owner) return undefined;
    const people = [bearer.user, identity.user, owner.user];
    return { identity, people, delegated, roles: delegated.roles, ...placed };
  }

  async #enabled(userId: string): Promise<Identity | undefined> {
    const identity = await this.#parts.access.identity(userId);
    return identity?.user.enabled && identity.domain.enabled ? identity : undefined;
  }

  /** The scope's project and domain, if they are there and enabled. */
  async #place(scope: TokenScope): Promise<Place | undefined> {
    const { access } = this.#parts;
    if (scope.kind === 'project') {
      const placed = await access.project(scope.projectId);
      // A domain is no project, although both are rows of one table.
      if (!placed || placed.project.isDomain) return undefined;
      if (!placed.project.enabled || !placed.domain.enabled) return undefined;
      const { adminProject } = this.#parts;
      if (!adminProject) return placed;
      const { project, domain } = placed;
      return { project, domain, isAdminProject: isSameProject(adminProject, project, domain) };
    }
    if (scope.kind !== 'domain') return {};
    const domain = await access.domain(scope.domainId);
    return domain?.enabled ? { domain } : undefined;
  }
}

function keyOf({ userId, scope, trustId = '', applicationCredentialId = '' }: TokenClaims): string {
  const place = scope.kind === 'project' ? scope.projectId : scope.kind === 'domain' ? scope.domainId : '';
  return `standing ${userId} ${scope.kind} ${place} ${trustId} ${applicationCredentialId}`;
}

function isSameProject(wanted: AdminProject, project: Project, domain: Project): boolean {
  return wanted.name === project.name && wanted.domainName === domain.name;
}

function partiesOf({ identity, domain, roles, delegated }: Found, { userId }: TokenClaims): RevocableParties {
  const { trust, ownerId } = delegated ?? {};
  const userIds = new Set([userId, identity.user.id]);
  for (const id of [ownerId, trust?.trustorId, trust?.trusteeId]) if (id !== undefined) userIds.add(id);
  const domainIds = [identity.domain.id, ...(domain ? [domain.id] : [])];
  return { userIds: [...userIds], domainIds, roleIds: roles.map((role) => role.id) };
}

function bearerOf(found: Found, scope: TokenScope): Standing['bearer'] {
  const { identity, project, domain, roles, delegated, isAdminProject } = found;
  const { trust, applicationCredential } = delegated ?? {};
  return {
    userId: identity.user.id,
    userName: identity.user.name,
    userDomainId: identity.user.domainId,
    projectId: project?.id,
    projectName: project?.name,
    projectDomainId: project ? domain?.id : undefined,
    domainId: project ? undefined : domain?.id,
    systemScope: scope.kind === 'system' ? 'all' : undefined,
    roles: roles.map((role) => role.name),
    ...(isAdminProject !== undefined && { isAdminProject }),
    ...(trust && { trustId: trust.id, trustorId: trust.trustorId, trusteeId: trust.trusteeId }),
    ...(applicationCredential && { applicationCredential }),
  };
}
