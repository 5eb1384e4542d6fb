import { JsonText } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { Standing } from '../../app/standings.ts';
import type { CatalogEntry } from '../../app/token-catalog.ts';
import type { Token } from '../../app/tokens.ts';
import { type TokenScope, tokenTime } from '../../tokens/token-claims.ts';
import type { CatalogBody, TokenBody } from '../auth.ts';

type TokenWire = Static<typeof TokenBody>['token'];

/** The answer about a token. Only what tells it from others of its kind is written anew; catalogs are the bulk of it. */
export function tokenBody(
  { claims, standing }: Token,
  catalog: readonly CatalogEntry[] | undefined,
): JsonText<Static<typeof TokenBody>> {
  const own = JSON.stringify({
    methods: claims.methods,
    audit_ids: claims.auditIds,
    expires_at: tokenTime(claims.expiresAt),
    issued_at: tokenTime(claims.issuedAt),
  });
  const common = memoised(standings, standing, () => JSON.stringify(standingToWire(claims.scope, standing)));
  const services = catalog && memoised(catalogTexts, catalog, () => JSON.stringify(catalogToWire(catalog)));
  const end = services === undefined ? '' : `,"catalog":${services}`;
  return new JsonText(`{"token":${own.slice(0, -1)},${common.slice(1, -1)}${end}}}`);
}

const standings = new WeakMap<Standing, string>();
const catalogTexts = new WeakMap<readonly CatalogEntry[], string>();

/** What is kept in memory is made anew when it changes, and takes its text along when it goes. */
function memoised<K extends object>(texts: WeakMap<K, string>, key: K, make: () => string): string {
  let text = texts.get(key);
  if (text === undefined) {
    text = make();
    texts.set(key, text);
  }
  return text;
}

function standingToWire(scope: TokenScope, standing: Standing): Partial<TokenWire> {
  const { identity, roles } = standing;
  return {
    user: {
      ...named(identity.user),
      domain: named(identity.domain),
      password_expires_at: identity.passwordExpiresAt,
    },
    ...scopeToWire(scope, standing),
    ...(scope.kind === 'unscoped' ? {} : { roles: roles.map(named) }),
    ...delegationToWire(standing),
  };
}

function scopeToWire(scope: TokenScope, standing: Standing): Partial<TokenWire> {
  const { project, domain, delegated, isAdminProject } = standing;
  if (scope.kind === 'system') return { system: { all: true } };
  if (!domain) return {};
  if (!project) return { domain: named(domain) };
  const place = { project: { ...named(project), domain: named(domain) } };
  if (delegated?.trust) return place;
  const admin = isAdminProject === undefined ? {} : { is_admin_project: isAdminProject };
  return { ...place, is_domain: project.isDomain, ...admin };
}

function delegationToWire({ delegated }: Standing): Partial<TokenWire> {
  const { trust, applicationCredential: made } = delegated ?? {};
  if (trust)
    return {
      'OS-TRUST:trust': {
        id: trust.id,
        trustor_user: { id: trust.trustorId },
        trustee_user: { id: trust.trusteeId },
        impersonation: trust.impersonation,
      },
    };
  if (!made) return {};
  const rules = made.accessRules && { access_rules: made.accessRules.map((rule) => ({ ...rule })) };
  return { application_credential: { id: made.id, name: made.name, restricted: made.restricted, ...rules } };
}

export function catalogToWire(entries: readonly CatalogEntry[]): Static<typeof CatalogBody> {
  return entries.map(({ id, type, name, endpoints }) => ({
    id,
    type,
    name,
    endpoints: endpoints.map((one) => ({
      ...one.extra,
      id: one.id,
      interface: one.interface,
      region: one.regionId,
      region_id: one.regionId,
      url: one.url,
    })),
  }));
}

function named({ id, name }: { id: string; name: string }): { id: string; name: string } {
  return { id, name };
}
