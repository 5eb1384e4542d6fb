import { operation } from '@kumo/core/http';
import type { Policy } from '@kumo/core/policy';
import { Type as T } from 'typebox';
import { RoleBody } from './roles.ts';
import { ADMIN, ADMIN_OR_SYSTEM_READER, anyScope, cloudScope } from './rules.ts';
import { listOf } from './shared-schemas.ts';

/** On whom and where roles are given: one kind of path each. */
export interface GrantKind {
  readonly actor: 'user' | 'group';
  readonly target: 'project' | 'domain' | 'system';
  /** For the projects below instead of the target (OS-INHERIT). */
  readonly inherited: boolean;
}

const ACTORS = ['user', 'group'] as const;
export const GRANT_KINDS: readonly GrantKind[] = ACTORS.flatMap((actor): GrantKind[] => [
  { actor, target: 'project', inherited: false },
  { actor, target: 'domain', inherited: false },
  { actor, target: 'system', inherited: false },
  { actor, target: 'project', inherited: true },
  { actor, target: 'domain', inherited: true },
]);

const PAIRS = [
  ['user', 'project'],
  ['user', 'domain'],
  ['group', 'project'],
  ['group', 'domain'],
] as const;

/** `role` held in the domain that both the actor and the target are in. */
function inSameDomain(role: string): string {
  return PAIRS.map(([actor, target]) => {
    const where = target === 'domain' ? 'target.domain.id' : 'target.project.domain_id';
    return `(role:${role} and domain_id:%(target.${actor}.domain_id)s and domain_id:%(${where})s)`;
  }).join(' or ');
}

const OWN_ROLE = '(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)';
const READ = '(role:reader and system_scope:all)';
const WRITE = `(rule:admin_required) or (${inSameDomain('admin')}) and ${OWN_ROLE} or (${inSameDomain('manager')}) and rule:domain_managed_target_role`;

/** The policies of one kind of grant: those of the system are apart for users and groups. */
function policiesFor({ actor, target }: GrantKind): Record<'list' | 'check' | 'create' | 'revoke', Policy> {
  if (target === 'system') {
    return {
      list: cloudScope(`list_system_grants_for_${actor}`, ADMIN_OR_SYSTEM_READER),
      check: cloudScope(`check_system_grant_for_${actor}`, ADMIN_OR_SYSTEM_READER),
      create: cloudScope(`create_system_grant_for_${actor}`, ADMIN),
      revoke: cloudScope(`revoke_system_grant_for_${actor}`, ADMIN),
    };
  }
  return {
    list: anyScope('list_grants', `(rule:admin_required) or (${READ} or ${inSameDomain('reader')})`),
    check: anyScope('check_grant', `(rule:admin_required) or (${READ} or (${inSameDomain('reader')}) and ${OWN_ROLE})`),
    create: anyScope('create_grant', WRITE),
    revoke: anyScope('revoke_grant', WRITE),
  };
}

const PathIds = T.Record(T.String(), T.String({ minLength: 1, maxLength: 64 }));

/** List, check, give and take away, for one kind. */
export function grantOperations(kind: GrantKind) {
  const { actor, target, inherited } = kind;
  const holder = target === 'system' ? 'system' : `${target}s/{${target}_id}`;
  const roles = `${inherited ? '/v3/OS-INHERIT' : '/v3'}/${holder}/${actor}s/{${actor}_id}/roles`;
  const suffix = inherited ? '/inherited_to_projects' : '';
  const upper = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
  const what = `${inherited ? 'Inherited' : ''}${upper(target)}${upper(actor)}Role`;
  const policies = policiesFor(kind);
  const one = { path: `${roles}/{role_id}${suffix}`, params: PathIds, status: 204, errors: [401, 403, 404] } as const;
  return {
    list: operation({
      name: `list${what}s`,
      method: 'GET',
      path: `${roles}${suffix}`,
      head: true,
      policy: policies.list,
      authorize: 'resource',
      params: PathIds,
      reply: listOf('roles', RoleBody),
      errors: [401, 403, 404],
    }),
    check: operation({
      ...one,
      name: `check${what}`,
      method: 'GET',
      head: true,
      policy: policies.check,
      authorize: 'resource',
    }),
    give: operation({ ...one, name: `give${what}`, method: 'PUT', policy: policies.create, authorize: 'resource' }),
    revoke: operation({
      ...one,
      name: `revoke${what}`,
      method: 'DELETE',
      policy: policies.revoke,
      authorize: 'resource',
    }),
  };
}
