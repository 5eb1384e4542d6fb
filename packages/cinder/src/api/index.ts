/** Cinder's contracts: what its routes serve and what other services' clients call. */
import { operationsIn, policiesOf } from '@kumo/core/http';
import type { Policy } from '@kumo/core/policy';
import * as attachments from './attachments.ts';
import * as messages from './messages.ts';
import { extraPolicies } from './policies.ts';
import * as quotaSets from './quota-sets.ts';
import * as services from './services.ts';
import * as snapshotMetadata from './snapshot-metadata.ts';
import * as snapshots from './snapshots.ts';
import * as types from './types.ts';
import * as volumeActions from './volume-actions.ts';
import * as volumeMetadata from './volume-metadata.ts';
import * as volumes from './volumes.ts';

export * from './attachments.ts';
export * from './messages.ts';
export * from './quota-sets.ts';
export * from './services.ts';
export * from './snapshot-metadata.ts';
export * from './snapshots.ts';
export * from './types.ts';
export * from './volume-actions.ts';
export * from './volume-metadata.ts';
export * from './volumes.ts';

/** All operations, for `client(cinderApi, …)`. Paths without a project; the caller's token says which one. */
export const cinderApi = {
  ...attachments,
  ...messages,
  ...quotaSets,
  ...services,
  ...snapshotMetadata,
  ...snapshots,
  ...types,
  ...volumeActions,
  ...volumeMetadata,
  ...volumes,
};

/** The defaults of all of Cinder's policies: those of its operations, and those that handlers ask. */
export const cinderPolicies: readonly Policy[] = [...extraPolicies, ...policiesOf(operationsIn(cinderApi))];
