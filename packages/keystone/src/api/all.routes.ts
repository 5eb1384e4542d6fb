import type { Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { authRoutes } from './auth.routes.ts';
import { discoveryRoutes } from './discovery.routes.ts';

/** Every route of the identity service. */
export function allRoutes(parts: KeystoneParts): Route[] {
  return [...discoveryRoutes(), ...authRoutes(parts)];
}
