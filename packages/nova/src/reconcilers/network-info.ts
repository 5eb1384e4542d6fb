import type { Logger } from '@kumo/core/log';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { NetworkSide } from '../compute/network-side.ts';
import type { Conductor } from '../flows/flow-deps.ts';

export interface NetworkInfoOptions {
  readonly conductor: Conductor;
  readonly network: NetworkSide;
  readonly host: string;
  readonly log: Logger;
}

/** Keeps what is shown of servers' addresses (floating ones too) as Neutron has it. Nudged by Neutron's events. */
export function networkInfoHealing({ conductor, network, host, log }: NetworkInfoOptions): Reconciler {
  return reconciler({
    name: 'nova network info',
    intervalMs: 120_000,
    log,
    concurrency: 2,
    keys: async () => {
      const { servers } = await conductor.listHostServers({ host });
      return servers.filter(({ taskState, busy }) => taskState === null && !busy).map(({ id }) => id);
    },
    reconcile: async (serverId) => {
      const { servers } = await conductor.listHostServers({ host });
      const server = servers.find(({ id }) => id === serverId);
      // A flow that is under way writes what it makes.
      if (!server || server.taskState !== null || server.busy) return;
      const { networkInfo: known } = await conductor.describeServer({ serverId });
      const seen = await network.refreshed(known, {});
      if (JSON.stringify(seen) !== JSON.stringify(known))
        await conductor.updateNetworkInfo({ serverId, networkInfo: seen });
    },
  });
}
