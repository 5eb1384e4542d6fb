import { type Policy, policy } from '@kumo/core/policy';

/** Rules that the operations' policies refer to. */
export const baseRules: readonly Policy[] = [
  policy('admin_required', 'role:admin or is_admin:1'),
  policy('service_role', 'role:service'),
  policy('service_or_admin', 'rule:admin_required or rule:service_role'),
  policy('owner', 'user_id:%(user_id)s'),
  policy('admin_or_owner', 'rule:admin_required or rule:owner'),
  policy('token_subject', 'user_id:%(target.token.user_id)s'),
  policy('admin_or_token_subject', 'rule:admin_required or rule:token_subject'),
  policy('service_admin_or_token_subject', 'rule:service_or_admin or rule:token_subject'),
  policy(
    'domain_managed_target_role',
    "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s",
  ),
];

const EVERYWHERE = ['system', 'domain', 'project'] as const;
const NOT_DOMAIN = ['system', 'project'] as const;
export const ADMIN = 'rule:admin_required';
export const ADMIN_OR_SYSTEM_READER = 'rule:admin_required or (role:reader and system_scope:all)';

/** A policy for tokens of any scope. */
export function anyScope(name: string, check: string): Policy {
  return policy(`identity:${name}`, check, { scope: EVERYWHERE });
}

/** A policy for a project's tokens. */
export function projectScope(name: string, check: string): Policy {
  return policy(`identity:${name}`, check, { scope: ['project'] });
}

/** A policy that a domain's token never satisfies. */
export function cloudScope(name: string, check: string): Policy {
  return policy(`identity:${name}`, check, { scope: NOT_DOMAIN });
}
