/** Placement's daemons. */
export { PlacementConfig } from './config.ts';
export { placementApi } from './daemons/placement-api.ts';
