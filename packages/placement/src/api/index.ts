/** Placement's contracts: what its routes serve and what other services' clients call. */
import { operationsIn, policiesOf } from '@kumo/core/http';
import type { Policy } from '@kumo/core/policy';
import * as allocations from './allocations.ts';
import * as classesAndTraits from './classes-and-traits.ts';
import * as inventories from './inventories.ts';
import { baseRules } from './policies.ts';
import * as providers from './resource-providers.ts';

export * from './allocations.ts';
export * from './classes-and-traits.ts';
export * from './inventories.ts';
export * from './resource-providers.ts';
export { changes, MAX_VERSION, MIN_VERSION } from './version-changes.ts';

/** The defaults of all of Placement's policies. */
export const placementPolicies: readonly Policy[] = [
  ...baseRules,
  ...policiesOf(operationsIn({ ...allocations, ...classesAndTraits, ...inventories, ...providers })),
];
