import { unauthorized } from '@kumo/core/errors';
import { applicationCredentialRefused, authMethodUnknown, notAllowed } from '../errors.ts';
import type { TokenClaims, TokenScope } from '../tokens/token-claims.ts';
import type { Access, Identity } from './access.ts';
import type { AuthIdentity, AuthMethod, LoginContext, Proven } from './auth-methods/auth-method.ts';
import type { Delegations } from './delegations.ts';
import type { LoginClient } from './login-client.ts';
import { begunRules, factorRules, isEnough, isPasscodeAlone } from './multi-factor.ts';
import type { Receipt, Receipts } from './receipts.ts';
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
  /** What an earlier, incomplete login gave. */
  readonly receipt?: string;
  readonly client: LoginClient;
}

/** A token, or what is to be shown with the methods that are still missing. */
export type LoginResult =
  | { readonly kind: 'token'; readonly text: string; readonly token: Token }
  | {
      readonly kind: 'receipt';
      readonly text: string;
      readonly receipt: Receipt;
      readonly identity: Identity;
      /** Sets of methods, of which one is enough. */
      readonly required: readonly (readonly string[])[];
    };

interface AuthenticationParts {
  readonly methods: readonly AuthMethod[];
  /** The names of those that may be used. */
  readonly configured: readonly string[];
  /** Whether a token that has a scope can be exchanged for another one. */
  readonly allowRescopeScopedToken: boolean;
  /** Whether a passcode by itself is a login. */
  readonly isPasscodeEnough: boolean;
  readonly references: References;
  readonly access: Access;
  readonly tokens: Tokens;
  readonly receipts: Receipts;
  readonly delegations: Delegations;
}

/** The combined results of a login's authentication methods. */
interface Established extends Proven {
  readonly methods: readonly string[];
}

const PASSCODE = 'totp';

/** Logins: who is it, and what shall the token be for? Whatever is wrong, the answer is the same 401. */
export class Authentication {
  readonly #parts: AuthenticationParts;
  readonly #methods: ReadonlyMap<string, AuthMethod>;
  readonly #usable: ReadonlySet<string>;

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
    const usable = parts.methods.filter((method) => parts.configured.includes(method.name));
    this.#methods = new Map(usable.map((method) => [method.name, method]));
    this.#usable = new Set(this.#methods.keys());
  }

  /**
   * @throws unauthorized; authMethodUnknown; invalid when the request contradicts itself; notAllowed for an exchange of
   * tokens that would give more than the old one had.
   */
  async logIn({ identity, scope, receipt: text, client }: AuthRequest): Promise<LoginResult> {
    const receipt = text === undefined ? undefined : await this.#parts.receipts.read(text);
    const provenUserId = receipt?.methods.some((method) => method !== PASSCODE) ? receipt.userId : undefined;
    const proven = await this.#prove(identity, { client, provenUserId });
    if (text !== undefined && receipt?.userId !== proven.userId) throw unauthorized();
    const methods = [...new Set([...proven.methods, ...(receipt?.methods ?? [])])];
    const missing = await this.#missing(proven.userId, methods);
    if (missing) return missing;
    return { kind: 'token', ...(await this.#issue({ ...proven, methods }, scope)) };
  }

  async #issue(proven: Established, wanted: AuthRequest['scope']): Promise<{ text: string; token: Token }> {
    const { tokens, delegations } = this.#parts;
    const { userId, methods, from, applicationCredentialId, scope: fixed } = proven;
    if (fixed && wanted) throw scopeRefused(from);
    this.#refuseExchange(from, wanted);
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

  #refuseExchange(from: TokenClaims | undefined, wanted: AuthRequest['scope']): void {
    if (!from) return;
    if (from.scope.kind === 'system' && (wanted?.kind === 'project' || wanted?.kind === 'domain'))
      throw notAllowed({
        message: 'Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed.',
      });
    if (from.scope.kind !== 'unscoped' && !this.#parts.allowRescopeScopedToken)
      throw notAllowed({ message: 'rescope a scoped token' });
  }

  /** A receipt when the user's rules ask for more than was shown. */
  async #missing(userId: string, methods: readonly string[]): Promise<LoginResult | undefined> {
    const { access, receipts } = this.#parts;
    const identity = await access.identity(userId);
    if (!identity) throw unauthorized();
    const rules = factorRules(identity.user, this.#usable);
    if (!this.#parts.isPasscodeEnough && isPasscodeAlone(methods, rules)) throw unauthorized();
    if (isEnough(methods, rules)) return undefined;
    const issued = await receipts.issue(userId, methods);
    return { kind: 'receipt', ...issued, identity, required: begunRules(methods, rules) };
  }

  /** Every method that is named must prove the same user. A passcode is looked at last: after what it comes beside. */
  async #prove(identity: AuthIdentity, context: LoginContext): Promise<Established> {
    const names = [...new Set(identity.methods)];
    const methods = names.map((name) => this.#method(name));
    const shown = new Map<string, readonly string[]>();
    let known: Proven | undefined;
    for (const method of methods.toSorted(passcodesLast)) {
      const next = await method.prove(identity, { ...context, provenUserId: known?.userId ?? context.provenUserId });
      if (known && known.userId !== next.userId) throw unauthorized();
      known = { ...known, ...next };
      shown.set(method.name, [...(next.from?.methods ?? []), method.name]);
    }
    if (!known) throw unauthorized();
    return { ...known, methods: [...new Set(names.flatMap((name) => shown.get(name) ?? []))] };
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

function passcodesLast(one: AuthMethod, other: AuthMethod): number {
  return Number(one.name === PASSCODE) - Number(other.name === PASSCODE);
}

/** Application credentials decide what their tokens are for. */
function scopeRefused(from: TokenClaims | undefined): Error {
  return from === undefined
    ? applicationCredentialRefused({ detail: 'Application credentials cannot request a scope.' })
    : notAllowed({ message: 'Using an application credential token to create a scoped token is not allowed.' });
}
