import type { Static } from 'typebox';
import type { CatalogEntry } from '../../app/token-catalog.ts';
import type { Token } from '../../app/tokens.ts';
import { tokenTime } from '../../tokens/token-claims.ts';
import type { CatalogBody, TokenBody } from '../auth.ts';

export type TokenWire = Static<typeof TokenBody>['token'];

/** Without a catalog. */
export function tokenToWire(token: Token): TokenWire {
  const { claims, identity, roles } = token;
  return {
    methods: [...claims.methods],
    user: {
      ...named(identity.user),
      domain: named(identity.domain),
      password_expires_at: identity.passwordExpiresAt,
    },
    audit_ids: [...claims.auditIds],
    expires_at: tokenTime(claims.expiresAt),
    issued_at: tokenTime(claims.issuedAt),
    ...scopeToWire(token),
    ...(claims.scope.kind === 'unscoped' ? {} : { roles: roles.map(named) }),
    ...delegationToWire(token),
  };
}

function scopeToWire({ claims, project, domain, delegated, isAdminProject }: Token): Partial<TokenWire> {
  if (claims.scope.kind === 'system') return { system: { all: true } };
  if (!domain) return {};
  if (!project) return { domain: named(domain) };
  const place = { project: { ...named(project), domain: named(domain) } };
  if (delegated?.trust) return place;
  const admin = isAdminProject === undefined ? {} : { is_admin_project: isAdminProject };
  return { ...place, is_domain: project.isDomain, ...admin };
}

function delegationToWire({ delegated }: Token): Partial<TokenWire> {
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

const catalogs = new WeakMap<readonly CatalogEntry[], Static<typeof CatalogBody>>();

/** Made once for a catalog, of which there are few and whose tokens are many. */
export function catalogToWire(entries: readonly CatalogEntry[]): Static<typeof CatalogBody> {
  const known = catalogs.get(entries);
  if (known) return known;
  const made = entries.map(({ id, type, name, endpoints }) => ({
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
  catalogs.set(entries, made);
  return made;
}

function named({ id, name }: { id: string; name: string }): { id: string; name: string } {
  return { id, name };
}
