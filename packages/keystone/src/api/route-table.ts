import type { Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { accessRuleRoutes } from './access-rules.routes.ts';
import { applicationCredentialRoutes } from './application-credentials.routes.ts';
import { auditedRoutes } from './audited-routes.ts';
import { authRoutes } from './auth.routes.ts';
import { credentialRoutes } from './credentials.routes.ts';
import { discoveryRoutes } from './discovery.routes.ts';
import { domainConfigRoutes } from './domain-configs.routes.ts';
import { domainRoutes } from './domains.routes.ts';
import { ec2CredentialRoutes } from './ec2-credentials.routes.ts';
import { ec2TokenRoutes } from './ec2-tokens.routes.ts';
import { endpointGroupRoutes } from './endpoint-groups.routes.ts';
import { endpointPolicyRoutes } from './endpoint-policies.routes.ts';
import { endpointRoutes } from './endpoints.routes.ts';
import { grantRoutes } from './grants.routes.ts';
import { groupRoutes } from './groups.routes.ts';
import { healthcheckRoutes } from './healthcheck.routes.ts';
import { impliedRoleRoutes } from './implied-roles.routes.ts';
import { limitRoutes } from './limits.routes.ts';
import { policyRoutes } from './policies.routes.ts';
import { projectEndpointRoutes } from './project-endpoints.routes.ts';
import { projectTagRoutes } from './project-tags.routes.ts';
import { projectRoutes } from './projects.routes.ts';
import { regionRoutes } from './regions.routes.ts';
import { registeredLimitRoutes } from './registered-limits.routes.ts';
import { revokeEventRoutes } from './revoke-events.routes.ts';
import { roleAssignmentRoutes } from './role-assignments.routes.ts';
import { roleRoutes } from './roles.routes.ts';
import { serviceRoutes } from './services.routes.ts';
import { simpleCertRoutes } from './simple-cert.routes.ts';
import { trustRoutes } from './trusts.routes.ts';
import { userRoutes } from './users.routes.ts';

/** Every route of the identity service. */
export function allRoutes(parts: KeystoneParts): Route[] {
  const routes = [
    ...authRoutes(parts),
    ...revokeEventRoutes(parts),
    ...projectRoutes(parts),
    ...projectTagRoutes(parts),
    ...domainConfigRoutes(parts),
    ...domainRoutes(parts),
    ...userRoutes(parts),
    ...groupRoutes(parts),
    ...roleRoutes(parts),
    ...impliedRoleRoutes(parts),
    ...grantRoutes(parts),
    ...roleAssignmentRoutes(parts),
    ...serviceRoutes(parts),
    ...endpointRoutes(parts),
    ...regionRoutes(parts),
    ...trustRoutes(parts),
    ...applicationCredentialRoutes(parts),
    ...accessRuleRoutes(parts),
    ...credentialRoutes(parts),
    ...ec2CredentialRoutes(parts),
    ...ec2TokenRoutes(parts),
    ...endpointGroupRoutes(parts),
    ...projectEndpointRoutes(parts),
    ...policyRoutes(parts),
    ...endpointPolicyRoutes(parts),
    ...registeredLimitRoutes(parts),
    ...limitRoutes(parts),
    ...simpleCertRoutes(),
  ];
  return [...discoveryRoutes(routes), ...healthcheckRoutes(parts), ...auditedRoutes(routes, parts.audit)];
}
