import type { Logger } from '@kumo/core/log';
import type { Quotas } from '@kumo/core/quota';
import type { QuotaResource } from '../api/quotas.ts';
import type { NeutronConfig } from '../config.ts';
import type { NeutronTables } from '../db/schema.ts';
import type { NeutronDb } from '../db/table.ts';
import type { AgentNotifier } from './agent-notifier.ts';
import type { Ipam } from './ipam.ts';
import type { NovaNotifier } from './nova-notifier.ts';

/** What the rules of every resource in neutron-server need. */
export interface NeutronDeps {
  db: NeutronDb;
  quota: Quotas<NeutronTables, QuotaResource>;
  ipam: Ipam;
  agents: AgentNotifier;
  nova: NovaNotifier;
  config: NeutronConfig;
  log: Logger;
}
