import { operationsIn, policiesOf } from '@kumo/core/http';
import type { Policy } from '@kumo/core/policy';
import * as attachments from './attachments.ts';
import * as flavors from './flavors.ts';
import * as hosts from './hosts.ts';
import * as instanceActions from './instance-actions.ts';
import * as keyPairs from './key-pairs.ts';
import * as limits from './limits.ts';
import { baseRules, extraRules } from './policies.ts';
import * as serverActions from './server-actions.ts';
import * as serverDiagnostics from './server-diagnostics.ts';
import * as serverIps from './server-ips.ts';
import * as serverMetadata from './server-metadata.ts';
import * as serverTags from './server-tags.ts';
import * as servers from './servers.ts';

/** Nova's operations, for a typed client: `client(novaApi, transport, {…, serviceType: 'compute'})`. */
export const novaApi = {
  ...servers,
  ...serverActions,
  ...instanceActions,
  ...serverDiagnostics,
  ...serverIps,
  ...serverMetadata,
  ...serverTags,
  ...attachments,
  ...flavors,
  ...keyPairs,
  ...hosts,
  ...limits,
};

/** The defaults of all of Nova's policies: those of its operations, and those that handlers and other rules ask. */
export const novaPolicies: readonly Policy[] = [
  ...baseRules,
  ...Object.values(extraRules),
  ...policiesOf(operationsIn(novaApi)),
];

export * from './attachments.ts';
export * from './flavors.ts';
export * from './hosts.ts';
export * from './instance-actions.ts';
export * from './key-pairs.ts';
export * from './limits.ts';
export { baseRules } from './policies.ts';
export * from './server-actions.ts';
export * from './server-diagnostics.ts';
export * from './server-ips.ts';
export * from './server-metadata.ts';
export * from './server-tags.ts';
export * from './servers.ts';
