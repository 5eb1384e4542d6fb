import type { Logger } from '@kumo/core/log';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { VirtDriver } from '../drivers/virt/driver.ts';
import { type Conductor, handleOf } from '../flows/flow-deps.ts';

export interface OrphansOptions {
  readonly conductor: Conductor;
  readonly guests: VirtDriver;
  readonly host: string;
  readonly log: Logger;
}

/** Destroys guests that the database does not place here: of servers that were deleted or built elsewhere meanwhile. */
export function orphans({ conductor, guests, host, log }: OrphansOptions): Reconciler {
  return reconciler({
    name: 'nova orphans',
    intervalMs: 60_000,
    log,
    keys: async () => {
      const present = await guests.list();
      const { servers } = await conductor.listHostServers({ host });
      const placed = new Set(servers.map(({ id }) => id));
      return present.filter((id) => !placed.has(id));
    },
    reconcile: async (serverId) => {
      const { orphan } = await conductor.isOrphan({ serverId, host });
      if (!orphan) return;
      log.warn({ serverId, host }, 'a guest that does not belong here is destroyed');
      await guests.destroy(handleOf(serverId));
    },
  });
}
