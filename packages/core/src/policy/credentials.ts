import type { Context } from '../context/index.ts';

/** What checks read on the left of the colon: the caller, as oslo.policy's credentials name it. May be nested (`token.domain.id`). */
export type Credentials = Readonly<Record<string, unknown>>;

/** What checks read inside `%(…)s`: the object acted on, flat (`{'target.user.id': …}`) or nested (`{target: {user: {id: …}}}`). */
export type Target = Readonly<Record<string, unknown>>;

/**
 * Of the last one asked for, as a request mostly asks several times in a row. A WeakMap of all of them would do more, and be
 * the garbage collector's largest burden: its entries outlive every collection of young objects.
 */
let last: { readonly ctx: Context; readonly credentials: Credentials } | undefined;

/**
 * The credentials of a request. What the token lacks is null, not absent, so that `not domain_id:None` means what it says.
 * The same object when asked for the same context twice in a row.
 */
export function fromContext(ctx: Context): Credentials {
  if (last?.ctx === ctx) return last.credentials;
  const credentials: Credentials = {
    user_id: ctx.userId,
    user: ctx.userId,
    user_name: ctx.userName ?? null,
    user_domain_id: ctx.userDomainId ?? null,
    project_id: ctx.projectId ?? null,
    tenant_id: ctx.projectId ?? null,
    project_name: ctx.projectName ?? null,
    project_domain_id: ctx.projectDomainId ?? null,
    domain_id: ctx.domainId ?? null,
    system_scope: ctx.systemScope ?? null,
    roles: ctx.roles,
    service_roles: ctx.serviceRoles,
    is_admin: ctx.isAdminContext === true,
    is_admin_project: ctx.isAdminProject ?? true,
    trust_id: ctx.trustId ?? null,
    trustor_id: ctx.trustorId ?? null,
    trustee_id: ctx.trusteeId ?? null,
    is_delegated_auth: ctx.trustId !== undefined,
    token: {
      user: { id: ctx.userId, domain: { id: ctx.userDomainId ?? null } },
      project: { id: ctx.projectId ?? null, domain: { id: ctx.projectDomainId ?? null } },
      domain: { id: ctx.domainId ?? null },
    },
  };
  last = { ctx, credentials };
  return credentials;
}

/** The kind of scope the credentials carry; oslo.policy counts an unscoped token as a project's. */
export function scopeOf(credentials: Credentials): 'project' | 'domain' | 'system' {
  if (credentials.system_scope) return 'system';
  return credentials.domain_id ? 'domain' : 'project';
}
