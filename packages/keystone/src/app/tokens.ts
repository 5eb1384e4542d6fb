import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { unauthorized } from '@kumo/core/errors';
import type { TokenChecker, TokenInfo } from '@kumo/core/http';
import type { Changes } from '../db/changes.ts';
import type { Project } from '../db/projects.ts';
import type { Role } from '../db/roles.ts';
import { tokenNotFound } from '../errors.ts';
import type { FernetKeyring } from '../tokens/fernet-keyring.ts';
import { type TokenClaims, type TokenScope, tokenTime } from '../tokens/token-claims.ts';
import { packClaims, unpackClaims } from '../tokens/token-payload.ts';
import type { Access, Identity } from './access.ts';
import type { Delegated, Delegations } from './delegations.ts';
import type { Revocable, RevokedTokens } from './revoked-tokens.ts';

const LONGEST_TOKEN = 4096;
const MAX_CLAIMS = 4_096;

/** A valid token with what it stands for now. */
export interface Token {
  readonly claims: TokenClaims;
  /** Whom it acts as: of a trust that impersonates, the trustor. */
  readonly identity: Identity;
  /** The trust or application credential that its roles come from. */
  readonly delegated?: Delegated;
  readonly project?: Project;
  /** Of the project, or what the token is for. */
  readonly domain?: Project;
  readonly roles: readonly Role[];
  /** Only said of projects, when the configuration names an admin project. */
  readonly isAdminProject?: boolean;
  readonly info: TokenInfo;
}

export interface TokenTimes {
  readonly expirationSeconds: number;
  readonly allowExpiredWindowSeconds: number;
}

/** The project whose tokens are an administrator's of the cloud; others' are not then. */
export interface AdminProject {
  readonly name: string;
  readonly domainName: string;
}

/** The scope's project and domain. */
type Place = Pick<Token, 'project' | 'domain' | 'isAdminProject'>;

interface TokenParts {
  /** The configured login methods; their places are bits in tokens. */
  readonly authMethods: readonly string[];
  readonly delegations: Delegations;
  readonly access: Access;
  readonly changes: Changes;
  readonly keys: FernetKeyring;
  readonly revoked: RevokedTokens;
  readonly times: TokenTimes;
  readonly adminProject?: AdminProject;
}

/** Makes, reads and revokes Fernet tokens. Nothing is stored for a token but that it was revoked. */
export class Tokens implements TokenChecker {
  readonly #parts: TokenParts;
  #claims = new Map<string, TokenClaims>();
  /** The generation of the keys that `#claims` were read with. */
  #readWith = -1;

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /** Who the bearer is, for this service's own requests. Undefined: not a valid token. */
  async validate(token: string, options: { allowExpired?: boolean } = {}): Promise<TokenInfo | undefined> {
    return (await this.find(token, options))?.info;
  }

  /** Undefined for what is not a token of ours, has run out, was revoked, or whose user, scope or roles are gone. */
  async find(token: string, options: { allowExpired?: boolean } = {}): Promise<Token | undefined> {
    if (token.length > LONGEST_TOKEN) return undefined;
    const { revoked, times } = this.#parts;
    const found = await this.#read(token);
    if (!found) return undefined;
    const grace = options.allowExpired ? times.allowExpiredWindowSeconds : 0;
    const endsAt = Math.min(found.claims.expiresAt, found.delegated?.expiresAt ?? Number.POSITIVE_INFINITY);
    if (Date.now() / 1000 >= endsAt + grace || (await revoked.isRevoked(revocable(found)))) return undefined;
    return found;
  }

  /** @throws tokenNotFound */
  async get(token: string, options: { allowExpired?: boolean } = {}): Promise<Token> {
    const found = await this.find(token, options);
    if (!found) throw tokenNotFound();
    return found;
  }

  /**
   * A new token. Made `from` another one it ends when that one does, and belongs to its chain.
   * @throws unauthorized when the user may not have a token for this scope.
   */
  async issue(wanted: {
    userId: string;
    methods: readonly string[];
    scope: TokenScope;
    from?: TokenClaims;
    trustId?: string;
    applicationCredentialId?: string;
  }): Promise<{ text: string; token: Token }> {
    const { userId, scope, from, methods, trustId, applicationCredentialId } = wanted;
    const { times, keys, authMethods } = this.#parts;
    const own = randomBytes(16).toString('base64url');
    const chain = from?.auditIds.at(-1);
    const now = Math.floor(Date.now() / 1000);
    const claims: TokenClaims = {
      userId,
      scope,
      ...(trustId === undefined ? {} : { trustId }),
      ...(applicationCredentialId === undefined ? {} : { applicationCredentialId }),
      methods: inOrder(methods, authMethods),
      issuedAt: now,
      expiresAt: from?.expiresAt ?? now + times.expirationSeconds,
      auditIds: chain === undefined ? [own] : [own, chain],
    };
    const token = await this.#resolve(claims);
    if (!token) throw unauthorized();
    const issuedAt = await this.#secondFor(token);
    // No token outlives what it was delegated with (OSSA CVE-2022-2447).
    const expiresAt = Math.min(claims.expiresAt, token.delegated?.expiresAt ?? Number.POSITIVE_INFINITY);
    const dated = withInfo({ ...token, claims: { ...claims, issuedAt, expiresAt } });
    await keys.fresh();
    return { text: keys.encrypt(packClaims(dated.claims, authMethods), issuedAt), token: dated };
  }

  /** @throws tokenNotFound when it is not valid (any more). */
  async revoke(token: string): Promise<void> {
    const { claims } = await this.get(token);
    const { changes, revoked } = this.#parts;
    // `revoke` says itself what it touches.
    await changes.write((tx) => revoked.revoke(tx, { auditId: claims.auditIds[0] }), []);
  }

  /**
   * The present second. A token says no more than that, and a revocation hits what was issued in its second: after a
   * change of password a login waits for the next one.
   */
  async #secondFor(token: Token): Promise<number> {
    for (;;) {
      const latest = await this.#parts.revoked.latest(revocable(token));
      const nowMs = Date.now();
      if (nowMs / 1000 >= latest + 1) return Math.floor(nowMs / 1000);
      await sleep((latest + 1) * 1000 - nowMs);
    }
  }

  /** Everything that a token stands for is kept by those who are asked, so that it is as true as they say. */
  async #read(token: string): Promise<Token | undefined> {
    const claims = await this.#claimsOf(token);
    return claims && this.#resolve(claims);
  }

  /** What a token says depends on the keys alone. The same few callers' tokens come again and again. */
  async #claimsOf(token: string): Promise<TokenClaims | undefined> {
    const { keys, authMethods } = this.#parts;
    await keys.fresh();
    if (this.#readWith !== keys.generation || this.#claims.size >= MAX_CLAIMS) {
      this.#claims = new Map();
      this.#readWith = keys.generation;
    }
    const known = this.#claims.get(token);
    if (known) return known;
    const opened = await keys.decrypt(token);
    const packed = opened && unpackClaims(opened.plain, authMethods);
    if (!opened || !packed) return undefined;
    const claims = { ...packed, issuedAt: opened.seconds };
    if (this.#readWith === keys.generation) this.#claims.set(token, claims);
    return claims;
  }

  /** What the claims stand for now; undefined when the user may have nothing like it (any more). */
  async #resolve(claims: TokenClaims): Promise<Token | undefined> {
    const { scope, userId } = claims;
    const identity = await this.#enabled(userId);
    if (!identity) return undefined;
    if (scope.kind === 'unscoped') return withInfo({ claims, identity, roles: [] });
    const placed = await this.#place(scope);
    if (!placed) return undefined;
    if (claims.trustId !== undefined || claims.applicationCredentialId !== undefined)
      return this.#resolveDelegated(claims, placed);
    const roles = await this.#parts.access.roles(userId, scope);
    return roles.length === 0 ? undefined : withInfo({ claims, identity, roles, ...placed });
  }

  async #resolveDelegated(claims: TokenClaims, placed: Place): Promise<Token | undefined> {
    const delegated = await this.#parts.delegations.resolve(claims);
    const identity = delegated && (await this.#enabled(delegated.actingUserId));
    if (!delegated || !identity || delegated.roles.length === 0) return undefined;
    if (!(await this.#enabled(delegated.ownerId))) return undefined;
    return withInfo({ claims, identity, delegated, roles: delegated.roles, ...placed });
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

/** As they are read from a token again: the last configured first. */
function inOrder(methods: readonly string[], configured: readonly string[]): string[] {
  return [...new Set(methods)].toSorted((a, b) => configured.indexOf(b) - configured.indexOf(a));
}

function revocable({ claims, identity, domain, roles, delegated }: Token): Revocable {
  const { trust, ownerId } = delegated ?? {};
  const userIds = new Set([claims.userId, identity.user.id]);
  for (const id of [ownerId, trust?.trustorId, trust?.trusteeId]) if (id !== undefined) userIds.add(id);
  const domainIds = [identity.domain.id, ...(domain ? [domain.id] : [])];
  return { claims, userIds: [...userIds], domainIds, roleIds: roles.map((role) => role.id) };
}

function isSameProject(wanted: AdminProject, project: Project, domain: Project): boolean {
  return wanted.name === project.name && wanted.domainName === domain.name;
}

function withInfo(token: Omit<Token, 'info'>): Token {
  const { claims, identity, project, domain, roles, delegated } = token;
  const { trust, applicationCredential } = delegated ?? {};
  const info: TokenInfo = {
    userId: identity.user.id,
    userName: identity.user.name,
    userDomainId: identity.user.domainId,
    projectId: project?.id,
    projectName: project?.name,
    projectDomainId: project ? domain?.id : undefined,
    domainId: project ? undefined : domain?.id,
    systemScope: claims.scope.kind === 'system' ? 'all' : undefined,
    roles: roles.map((role) => role.name),
    auditIds: claims.auditIds,
    expiresAt: tokenTime(claims.expiresAt),
    ...(token.isAdminProject !== undefined && { isAdminProject: token.isAdminProject }),
    ...(trust && { trustId: trust.id, trustorId: trust.trustorId, trusteeId: trust.trusteeId }),
    ...(applicationCredential && { applicationCredential }),
  };
  return { ...token, info };
}
