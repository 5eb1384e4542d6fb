/** Placement's contracts: what its routes serve and what other services' clients call. */
export * from './allocations.ts';
export { changes, MAX_VERSION, MIN_VERSION } from './changes.ts';
export * from './classes-and-traits.ts';
export * from './inventories.ts';
export * from './resource-providers.ts';
