import type { Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { authRoutes } from './auth.routes.ts';
import { discoveryRoutes } from './discovery.routes.ts';
import { domainRoutes } from './domains.routes.ts';
import { endpointRoutes } from './endpoints.routes.ts';
import { grantRoutes } from './grants.routes.ts';
import { groupRoutes } from './groups.routes.ts';
import { impliedRoleRoutes } from './implied-roles.routes.ts';
import { projectTagRoutes } from './project-tags.routes.ts';
import { projectRoutes } from './projects.routes.ts';
import { regionRoutes } from './regions.routes.ts';
import { revokeEventRoutes } from './revoke-events.routes.ts';
import { roleAssignmentRoutes } from './role-assignments.routes.ts';
import { roleRoutes } from './roles.routes.ts';
import { serviceRoutes } from './services.routes.ts';
import { userRoutes } from './users.routes.ts';

/** Every route of the identity service. */
export function allRoutes(parts: KeystoneParts): Route[] {
  return [
    ...discoveryRoutes(),
    ...authRoutes(parts),
    ...revokeEventRoutes(parts),
    ...projectRoutes(parts),
    ...projectTagRoutes(parts),
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
  ];
}
