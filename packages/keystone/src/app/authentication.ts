import { type Db, fromIso } from '@kumo/core/db';
import { unauthorized } from '@kumo/core/errors';
import { findProjectByName } from '../db/projects.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { findUser, findUserByName, newestPassword, type User } from '../db/users.ts';
import { authMethodUnknown, invalid } from '../errors.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import type { TokenClaims, TokenScope } from '../tokens/token-claims.ts';
import type { Access } from './access.ts';
import type { Token, Tokens } from './tokens.ts';

interface Named {
  readonly id?: string;
  readonly name?: string;
}

export interface AuthRequest {
  readonly methods: readonly string[];
  readonly password?: Named & { readonly domain?: Named; readonly password: string };
  readonly token?: string;
  readonly scope?:
    | { readonly kind: 'project'; readonly project: Named & { readonly domain?: Named } }
    | { readonly kind: 'domain'; readonly domain: Named }
    | { readonly kind: 'system' }
    | { readonly kind: 'unscoped' };
}

interface Proven {
  readonly user: User;
  /** The token that was shown, if one was. */
  readonly from?: TokenClaims;
}

/** Logins: who is it, and what shall the token be for? Whatever is wrong, the answer is the same 401. */
export class Authentication {
  readonly #db: Db<KeystoneTables>;
  readonly #access: Access;
  readonly #tokens: Tokens;
  readonly #hasher: PasswordHasher;

  constructor(parts: { db: Db<KeystoneTables>; access: Access; tokens: Tokens; hasher: PasswordHasher }) {
    this.#db = parts.db;
    this.#access = parts.access;
    this.#tokens = parts.tokens;
    this.#hasher = parts.hasher;
  }

  /** @throws unauthorized; authMethodUnknown; invalid when the request contradicts itself. */
  async logIn(request: AuthRequest): Promise<{ text: string; token: Token }> {
    const { user, from } = await this.#prove(request);
    const scope = await this.#scope(request, user);
    return this.#tokens.issue({ userId: user.id, methods: [...new Set(request.methods)], scope, from });
  }

  /** Whether it is the user's password; as slow for users who have none, or do not exist. */
  async isPassword(userId: string | undefined, password: string): Promise<boolean> {
    const stored = userId === undefined ? undefined : await newestPassword(this.#db.q, userId);
    const isRight = await this.#hasher.verify(password, stored?.hash);
    return isRight && (stored?.expiresAt == null || fromIso(stored.expiresAt) > Date.now());
  }

  async #prove({ methods, password, token }: AuthRequest): Promise<Proven> {
    if (methods.length === 0) throw unauthorized();
    let proven: Proven | undefined;
    for (const method of new Set(methods)) {
      const next = await this.#proveBy(method, password, token);
      if (proven && proven.user.id !== next.user.id) throw unauthorized();
      proven = { user: next.user, from: next.from ?? proven?.from };
    }
    return proven as Proven;
  }

  async #proveBy(method: string, password: AuthRequest['password'], token: string | undefined): Promise<Proven> {
    if (method === 'password') {
      if (!password) throw invalid({ message: 'Expecting to find password in identity.' });
      return { user: await this.#byPassword(password) };
    }
    if (method === 'token') {
      if (token === undefined) throw invalid({ message: 'Expecting to find token in identity.' });
      const found = await this.#tokens.find(token);
      if (!found) throw unauthorized();
      return { user: found.identity.user, from: found.claims };
    }
    throw authMethodUnknown();
  }

  async #byPassword(wanted: NonNullable<AuthRequest['password']>): Promise<User> {
    const user = await this.#findUser(wanted);
    if (!(await this.isPassword(user?.id, wanted.password)) || !user) throw unauthorized();
    const domain = await this.#access.domain(user.domainId);
    if (!user.enabled || !domain?.enabled) throw unauthorized();
    return user;
  }

  async #findUser({ id, name, domain }: Named & { domain?: Named }): Promise<User | undefined> {
    if (id !== undefined) return findUser(this.#db.q, id);
    if (name === undefined) throw invalid({ message: 'Expecting to find id or name in user.' });
    if (domain === undefined) throw invalid({ message: 'Expecting to find domain in user.' });
    const domainId = await this.#domainId(domain);
    return domainId === undefined ? undefined : findUserByName(this.#db.q, name, domainId);
  }

  async #domainId({ id, name }: Named): Promise<string | undefined> {
    if (id !== undefined) return id;
    if (name === undefined) throw invalid({ message: 'Expecting to find id or name in domain.' });
    return (await findProjectByName(this.#db.q, name, null))?.id;
  }

  async #scope({ scope }: AuthRequest, user: User): Promise<TokenScope> {
    if (scope === undefined) return this.#defaultScope(user);
    switch (scope.kind) {
      case 'project':
        return { kind: 'project', projectId: await this.#projectId(scope.project) };
      case 'domain': {
        const domainId = await this.#domainId(scope.domain);
        if (domainId === undefined) throw unauthorized();
        return { kind: 'domain', domainId };
      }
      default:
        return { kind: scope.kind };
    }
  }

  async #projectId({ id, name, domain }: Named & { domain?: Named }): Promise<string> {
    if (id !== undefined) return id;
    if (name === undefined) throw invalid({ message: 'Expecting to find id or name in project.' });
    if (domain === undefined) throw invalid({ message: 'Expecting to find domain in project.' });
    const domainId = await this.#domainId(domain);
    const project = domainId === undefined ? undefined : await findProjectByName(this.#db.q, name, domainId);
    if (!project) throw unauthorized();
    return project.id;
  }

  /** The user's default project if it can be used, else no scope. */
  async #defaultScope({ id, defaultProjectId }: User): Promise<TokenScope> {
    if (defaultProjectId === null) return { kind: 'unscoped' };
    const placed = await this.#access.project(defaultProjectId);
    if (!placed?.project.enabled || !placed.domain.enabled) return { kind: 'unscoped' };
    const scope: TokenScope = { kind: 'project', projectId: defaultProjectId };
    return (await this.#access.roles(id, scope)).length > 0 ? scope : { kind: 'unscoped' };
  }
}
