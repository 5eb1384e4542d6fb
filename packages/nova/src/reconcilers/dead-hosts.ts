import { type Db, lease } from '@kumo/core/db';
import type { FlowJournal } from '@kumo/core/flow';
import type { Logger } from '@kumo/core/log';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import { isUp, listServices } from '../db/hosts.ts';
import type { NovaTables } from '../db/schema.ts';
import { flowsHeldBy } from '../db/server-flows.ts';

export interface DeadHostsOptions {
  readonly db: Db<NovaTables>;
  readonly journal: FlowJournal;
  /** Who holds the lease. */
  readonly owner: string;
  readonly serviceDownSeconds: number;
  readonly log: Logger;
  /** Flows were taken over that this daemon runs. */
  nudge(): void;
}

/** What can be ended without the host; the rest waits until it is back, or until the server is deleted. */
const TAKEN_OVER = ['server.build', 'server.delete'];

/** Takes builds and deletions from hosts that were not heard of for too long; one nova-conductor at a time. */
export function deadHosts(options: DeadHostsOptions): Reconciler {
  const { db, journal, owner, serviceDownSeconds, log, nudge } = options;
  const intervalMs = Math.max(250, (serviceDownSeconds * 1000) / 4);
  return reconciler({
    name: 'nova dead hosts',
    intervalMs,
    log,
    keys: async () => {
      const services = await listServices(db.q, { binary: 'nova-compute' });
      const dead = services.filter((service) => !isUp(service, serviceDownSeconds)).map(({ host }) => host);
      if (dead.length === 0) return [];
      return (await lease(db, 'nova-dead-hosts', owner, intervalMs * 2)) ? dead : [];
    },
    reconcile: async (host) => {
      const all = await flowsHeldBy(db.q, host);
      const leaving = new Set(all.filter(({ name }) => name === 'server.delete').map(({ key }) => key));
      const held = all.filter(({ name, key }) => TAKEN_OVER.includes(name) || leaving.has(key));
      for (const { id, name, key } of held) {
        log.warn({ host, flow: name, serverId: key }, 'host is down: its flow is taken over');
        await journal.handOver(id, null);
      }
      if (held.length > 0) nudge();
    },
  });
}
