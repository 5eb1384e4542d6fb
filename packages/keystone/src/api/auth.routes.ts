import { type HandlerInput, implement, keystoneLinks, type Route } from '@kumo/core/http';
import { annotate } from '@kumo/core/trace';
import type { Static } from 'typebox';
import type { Access } from '../app/access.ts';
import type { Authentication, AuthRequest, LoginResult } from '../app/authentication.ts';
import { loginClient } from '../app/login-client.ts';
import type { CatalogEntry, TokenCatalog } from '../app/token-catalog.ts';
import type { Token, Tokens } from '../app/tokens.ts';
import { catalogMissing, invalid, moreMethodsNeeded, tokenNotFound } from '../errors.ts';
import { tokenTime } from '../tokens/token-claims.ts';
import {
  type AuthBody,
  authCatalog,
  authDomains,
  authProjects,
  authSystem,
  checkToken,
  issueToken,
  revokeToken,
  validateToken,
} from './auth.ts';
import { domainToWire } from './wire/domains.ts';
import { projectToWire } from './wire/projects.ts';
import { flag } from './wire/query.ts';
import { catalogToWire, tokenBody } from './wire/tokens.ts';

export interface AuthParts {
  readonly authentication: Authentication;
  readonly tokens: Tokens;
  readonly tokenCatalog: TokenCatalog;
  readonly access: Access;
}

export function authRoutes(parts: AuthParts): Route[] {
  const { access, tokenCatalog } = parts;
  return [
    ...tokenRoutes(parts),
    implement(authCatalog, async ({ ctx, request }) => {
      if (ctx.projectId === undefined) throw catalogMissing();
      const entries = await tokenCatalog.entries(ctx.userId, ctx.projectId);
      return { catalog: catalogToWire(entries), links: { self: `${request.baseUrl}/v3/auth/catalog` } };
    }),
    implement(authProjects, async ({ ctx, request }) => {
      const projects = await access.projectsOf(ctx.userId);
      const tags = await access.tagsOf(projects.map((one) => one.id));
      return {
        projects: projects.map((one) => projectToWire(one, tags.get(one.id) ?? [], request)),
        links: keystoneLinks(request),
      };
    }),
    implement(authDomains, async ({ ctx, request }) => {
      const domains = await access.domainsOf(ctx.userId);
      const tags = await access.tagsOf(domains.map((one) => one.id));
      return {
        domains: domains.map((one) => domainToWire(one, tags.get(one.id) ?? [], request)),
        links: keystoneLinks(request),
      };
    }),
    implement(authSystem, async ({ ctx, request }) => {
      const roles = await access.roles(ctx.userId, { kind: 'system' });
      return {
        system: roles.length > 0 ? [{ all: true }] : [],
        links: { self: `${request.baseUrl}/v3/auth/system` },
      };
    }),
  ];
}

function tokenRoutes({ authentication, tokens, tokenCatalog }: AuthParts): Route[] {
  const shown = async (token: Token, nocatalog: string | undefined) =>
    tokenBody(token, isAsked(nocatalog) ? undefined : await catalogOf(token, tokenCatalog));
  const found = async (
    { headers, authorize }: Pick<HandlerInput<typeof validateToken>, 'headers' | 'authorize'>,
    allowExpired: boolean,
  ) => {
    const token = await tokens.find(headers['x-subject-token'], { allowExpired });
    // Before the policy, as Keystone does: nobody guesses a token, and its owner shall learn that it is gone.
    if (!token || !isUnderstood(token, headers['openstack-identity-access-rules'])) throw tokenNotFound();
    authorize({
      'target.token.user_id': token.claims.userId,
      'target.token.user.domain.id': token.identity.user.domainId,
    });
    return token;
  };
  return [
    implement(issueToken, async ({ body, query, headers, reply, request }) => {
      const wanted = requestOf(body.auth, headers['openstack-auth-receipt']);
      const result = await authentication.logIn({ ...wanted, client: loginClient(request) });
      if (result.kind === 'receipt') throw unfinished(result);
      const { text, token } = result;
      annotate({ 'kumo.audit_id': token.claims.auditIds[0] as string });
      reply.header('X-Subject-Token', text);
      reply.header('Vary', 'X-Auth-Token');
      return shown(token, query.nocatalog);
    }),
    implement(validateToken, async (input) => {
      const { headers, query, reply } = input;
      const text = headers['x-subject-token'];
      const token = await found(input, flag(query.allow_expired));
      reply.header('X-Subject-Token', text);
      reply.header('Vary', 'X-Auth-Token');
      return shown(token, query.nocatalog);
    }),
    implement(checkToken, async (input) => {
      await found(input, flag(input.query.allow_expired));
      input.reply.header('X-Subject-Token', input.headers['x-subject-token']);
      input.reply.header('Vary', 'X-Auth-Token');
    }),
    implement(revokeToken, async (input) => {
      await found(input, false);
      await tokens.revoke(input.headers['x-subject-token']);
    }),
  ];
}

/** `?nocatalog` counts whatever its value. */
function isAsked(query: string | undefined): boolean {
  return query !== undefined;
}

/** A token with access rules is only valid for who enforces them, and says so. */
function isUnderstood({ delegated }: Token, version: string | undefined): boolean {
  return delegated?.applicationCredential?.accessRules === undefined || Number.parseFloat(version ?? '0') >= 1;
}

/** The 401 with what was proven so far, and the receipt to show with the rest. */
function unfinished({ text, receipt, identity, required }: Extract<LoginResult, { kind: 'receipt' }>): Error {
  const { user, domain } = identity;
  const body = {
    receipt: {
      methods: receipt.methods,
      user: { id: user.id, name: user.name, domain: { id: domain.id, name: domain.name } },
      expires_at: tokenTime(receipt.expiresAt),
      issued_at: tokenTime(receipt.issuedAt),
    },
    required_auth_methods: required,
  };
  return moreMethodsNeeded({}, { body, headers: { 'Openstack-Auth-Receipt': text } });
}

/** @throws invalid when more than one scope is asked for. */
function requestOf(
  { identity, scope }: Static<typeof AuthBody>['auth'],
  receipt: string | undefined,
): Omit<AuthRequest, 'client'> {
  return {
    receipt,
    identity: {
      methods: identity.methods,
      password: identity.password?.user,
      token: identity.token?.id,
      totp: identity.totp?.user,
      applicationCredential: identity.application_credential,
    },
    scope: scope === undefined ? undefined : scopeOf(scope),
  };
}

function scopeOf(scope: NonNullable<Static<typeof AuthBody>['auth']['scope']>): AuthRequest['scope'] {
  if (scope === 'unscoped') return { kind: 'unscoped' };
  const { project, domain, system, unscoped, 'OS-TRUST:trust': trust } = scope;
  if ([project, domain, system, unscoped, trust].filter((one) => one !== undefined).length !== 1)
    throw invalid({ message: 'Expecting to find system, project, domain, OS-TRUST:trust or unscoped in scope.' });
  if (project) return { kind: 'project', project };
  if (domain) return { kind: 'domain', domain };
  if (trust) return { kind: 'trust', trustId: trust.id };
  if (system && system.all !== true) throw invalid({ message: 'Expecting "all": true in system.' });
  return { kind: system ? 'system' : 'unscoped' };
}

/** Tokens without a scope have no catalog. */
async function catalogOf(token: Token, catalog: TokenCatalog): Promise<readonly CatalogEntry[] | undefined> {
  if (token.claims.scope.kind === 'unscoped') return undefined;
  const userId = token.delegated?.ownerId ?? token.claims.userId;
  return catalog.entries(userId, token.project?.id);
}
