import { type Operation, operationsIn, policiesOf } from '@kumo/core/http';
import type { Policy } from '@kumo/core/policy';
import * as accessRules from './access-rules.ts';
import * as applicationCredentials from './application-credentials.ts';
import * as auth from './auth.ts';
import * as credentials from './credentials.ts';
import * as domainConfigs from './domain-configs.ts';
import * as domains from './domains.ts';
import * as ec2Credentials from './ec2-credentials.ts';
import * as ec2Tokens from './ec2-tokens.ts';
import * as endpointGroups from './endpoint-groups.ts';
import * as endpointPolicies from './endpoint-policies.ts';
import * as endpoints from './endpoints.ts';
import { GRANT_KINDS, grantOperations } from './grants.ts';
import * as groups from './groups.ts';
import * as implied from './implied-roles.ts';
import * as limits from './limits.ts';
import * as policies from './policies.ts';
import * as projectEndpoints from './project-endpoints.ts';
import * as projects from './projects.ts';
import * as regions from './regions.ts';
import * as registeredLimits from './registered-limits.ts';
import * as revokeEvents from './revoke-events.ts';
import * as assignments from './role-assignments.ts';
import * as roles from './roles.ts';
import { baseRules } from './rules.ts';
import * as services from './services.ts';
import * as trusts from './trusts.ts';
import * as users from './users.ts';

const onProject = grantOperations({ actor: 'user', target: 'project', inherited: false });

/** What other services and tests may call, by operation. */
export const keystoneApi = {
  ...auth,
  ...revokeEvents,
  ...domainConfigs,
  ...domains,
  ...projects,
  ...users,
  ...groups,
  ...roles,
  ...implied,
  ...assignments,
  ...services,
  ...endpoints,
  ...regions,
  ...trusts,
  ...applicationCredentials,
  ...accessRules,
  ...credentials,
  ...ec2Credentials,
  ...ec2Tokens,
  ...endpointGroups,
  ...projectEndpoints,
  ...policies,
  ...endpointPolicies,
  ...registeredLimits,
  ...limits,
  listProjectUserRoles: onProject.list,
  checkProjectUserRole: onProject.check,
  giveProjectUserRole: onProject.give,
  revokeProjectUserRole: onProject.revoke,
};

/** Every contract: those above, and the grants of each kind of actor and target. */
export const keystoneOperations: readonly Operation[] = [
  ...new Map(
    [...operationsIn(keystoneApi), ...GRANT_KINDS.flatMap((kind) => operationsIn(grantOperations(kind)))].map(
      (one) => [one.name, one] as const,
    ),
  ).values(),
];

/** The defaults of all of Keystone's policies: those of its operations, and those that handlers and other rules ask. */
export const keystonePolicies: readonly Policy[] = [
  ...baseRules,
  ...roles.domainRoleRules,
  assignments.treeRule,
  ...trusts.trustListRules,
  ...policiesOf(keystoneOperations),
];
