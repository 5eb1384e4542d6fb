import { implement, keystoneLinks, type Route } from '@kumo/core/http';
import { annotate } from '@kumo/core/trace';
import type { Static } from 'typebox';
import type { Access } from '../app/access.ts';
import type { Authentication, AuthRequest } from '../app/authentication.ts';
import type { TokenCatalog } from '../app/token-catalog.ts';
import type { Token, Tokens } from '../app/tokens.ts';
import type { VersionedCache } from '../app/versioned-cache.ts';
import { catalogMissing, invalid, tokenNotFound } from '../errors.ts';
import {
  type AuthBody,
  authCatalog,
  authDomains,
  authProjects,
  authSystem,
  issueToken,
  revokeToken,
  validateToken,
} from './auth.ts';
import { domainToWire } from './wire/domains.ts';
import { projectToWire } from './wire/projects.ts';
import { flag } from './wire/query.ts';
import { catalogToWire, type TokenWire, tokenToWire } from './wire/tokens.ts';

export interface AuthParts {
  readonly authentication: Authentication;
  readonly tokens: Tokens;
  readonly tokenCatalog: TokenCatalog;
  readonly access: Access;
  readonly cache: VersionedCache;
}

export function authRoutes(parts: AuthParts): Route[] {
  const { access, tokenCatalog } = parts;
  return [
    ...tokenRoutes(parts),
    implement(authCatalog, async ({ ctx, request }) => {
      const { projectId, domainId, systemScope } = ctx;
      if (projectId === undefined && domainId === undefined && systemScope === undefined) throw catalogMissing();
      const entries = await tokenCatalog.entries(ctx.userId, projectId);
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
      return { domains: domains.map((one) => domainToWire(one, request)), links: keystoneLinks(request) };
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

function tokenRoutes({ authentication, tokens, tokenCatalog, cache }: AuthParts): Route[] {
  const withCatalog = async (token: Token) => ({
    ...tokenToWire(token),
    catalog: await catalogOf(token, tokenCatalog),
  });
  const found = async (text: string, allowExpired: boolean, authorize: (target: Record<string, unknown>) => void) => {
    const token = await tokens.find(text, { allowExpired });
    authorize({ 'target.token.user_id': token?.claims.userId });
    if (!token) throw tokenNotFound();
    return token;
  };
  return [
    implement(issueToken, async ({ body, query, reply }) => {
      const { text, token } = await authentication.logIn(requestOf(body.auth));
      annotate({ 'kumo.audit_id': token.claims.auditIds[0] as string });
      reply.header('X-Subject-Token', text);
      reply.header('Vary', 'X-Auth-Token');
      return { token: flag(query.nocatalog) ? tokenToWire(token) : await withCatalog(token) };
    }),
    implement(validateToken, async ({ headers, query, authorize, reply }) => {
      const text = headers['x-subject-token'];
      const token = await found(text, flag(query.allow_expired), authorize);
      reply.header('X-Subject-Token', text);
      reply.header('Vary', 'X-Auth-Token');
      if (flag(query.nocatalog)) return { token: tokenToWire(token) };
      return cache.get(`token body ${text}`, async () => ({ token: await withCatalog(token) }));
    }),
    implement(revokeToken, async ({ headers, authorize }) => {
      const text = headers['x-subject-token'];
      await found(text, false, authorize);
      await tokens.revoke(text);
    }),
  ];
}

/** @throws invalid when more than one scope is asked for. */
function requestOf({ identity, scope }: Static<typeof AuthBody>['auth']): AuthRequest {
  return {
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
async function catalogOf(token: Token, catalog: TokenCatalog): Promise<TokenWire['catalog']> {
  if (token.claims.scope.kind === 'unscoped') return undefined;
  return catalogToWire(await catalog.entries(token.claims.userId, token.project?.id));
}
