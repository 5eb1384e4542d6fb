import { unauthorized } from '@kumo/core/errors';
import { applicationCredentialRefused, authMethodUnknown, notAllowed } from '../errors.ts';
import type { TokenClaims, TokenScope } from '../tokens/token-claims.ts';
import type { Access } from './access.ts';
import type { AuthIdentity, AuthMethod, Proven } from './auth-methods/auth-method.ts';
import type { Delegations } from './delegations.ts';
import type { NamedRef, ProjectRef, References } from './references.ts';
import type { Token, Tokens } from './tokens.ts';

export interface AuthRequest {
  readonly identity: AuthIdentity;
  readonly scope?:
    | { readonly kind: 'project'; readonly project: ProjectRef }
    | { readonly kind: 'domain'; readonly domain: NamedRef }
    | { readonly kind: 'trust'; readonly trustId: string }
    | { readonly kind: 'system' }
    | { readonly kind: 'unscoped' };
}

interface AuthenticationParts {
  readonly methods: readonly AuthMethod[];
  /** The names of those that may be used. */
  readonly configured: readonly string[];
  readonly references: References;
  readonly access: Access;
  readonly tokens: Tokens;
  readonly delegations: Delegations;
}

/** All that a login's methods found out together. */
interface Established extends Proven {
  readonly methods: readonly string[];
}

/** Logins: who is it, and what shall the token be for? Whatever is wrong, the answer is the same 401. */
export class Authentication {
  readonly #parts: AuthenticationParts;
  readonly #methods: ReadonlyMap<string, AuthMethod>;

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
    const usable = parts.methods.filter((method) => parts.configured.includes(method.name));
    this.#methods = new Map(usable.map((method) => [method.name, method]));
  }

  /** @throws unauthorized; authMethodUnknown; invalid when the request contradicts itself. */
  async logIn({ identity, scope: wanted }: AuthRequest): Promise<{ text: string; token: Token }> {
    const { tokens, delegations } = this.#parts;
    const { userId, methods, from, applicationCredentialId, scope: fixed } = await this.#prove(identity);
    if (fixed && wanted) throw scopeRefused(from);
    if (wanted?.kind === 'trust') {
      const { trustId } = wanted;
      const scope = await delegations.scopeOfTrust(trustId, userId);
      const issued = await tokens.issue({ userId, methods, scope, from, trustId });
      await delegations.useTrust(trustId);
      return issued;
    }
    const scope = fixed ?? (await this.#scope(wanted, userId));
    return tokens.issue({ userId, methods, scope, from, applicationCredentialId });
  }

  /** Every method that is named must prove the same user. */
  async #prove(identity: AuthIdentity): Promise<Established> {
    const names = [...new Set(identity.methods)];
    const methods = names.map((name) => this.#method(name));
    let known: Established | undefined;
    for (const method of methods) {
      const next = await method.prove(identity);
      if (known && known.userId !== next.userId) throw unauthorized();
      known = { ...known, ...next, methods: [...(known?.methods ?? []), ...(next.from?.methods ?? []), method.name] };
    }
    if (!known) throw unauthorized();
    return { ...known, methods: [...new Set(known.methods)] };
  }

  #method(name: string): AuthMethod {
    const method = this.#methods.get(name);
    if (!method) throw authMethodUnknown();
    return method;
  }

  async #scope(wanted: Exclude<AuthRequest['scope'], { kind: 'trust' }>, userId: string): Promise<TokenScope> {
    if (wanted === undefined) return this.#defaultScope(userId);
    const { references } = this.#parts;
    switch (wanted.kind) {
      case 'project': {
        const projectId = await references.projectId(wanted.project);
        if (projectId === undefined) throw unauthorized();
        return { kind: 'project', projectId };
      }
      case 'domain': {
        const domainId = await references.domainId(wanted.domain);
        if (domainId === undefined) throw unauthorized();
        return { kind: 'domain', domainId };
      }
      default:
        return wanted;
    }
  }

  /** The user's default project if it can be used, else no scope. */
  async #defaultScope(userId: string): Promise<TokenScope> {
    const { access } = this.#parts;
    const defaultProjectId = (await access.identity(userId))?.user.defaultProjectId ?? null;
    if (defaultProjectId === null) return { kind: 'unscoped' };
    const placed = await access.project(defaultProjectId);
    if (!placed?.project.enabled || !placed.domain.enabled) return { kind: 'unscoped' };
    const scope: TokenScope = { kind: 'project', projectId: defaultProjectId };
    return (await access.roles(userId, scope)).length > 0 ? scope : { kind: 'unscoped' };
  }
}

/** Application credentials decide what their tokens are for. */
function scopeRefused(from: TokenClaims | undefined): Error {
  return from === undefined
    ? applicationCredentialRefused({ detail: 'Application credentials cannot request a scope.' })
    : notAllowed({ message: 'Using an application credential token to create a scoped token is not allowed.' });
}
