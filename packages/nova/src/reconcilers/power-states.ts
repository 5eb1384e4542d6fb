import type { Logger } from '@kumo/core/log';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import { powerNumber } from '../compute/power-number.ts';
import type { VirtDriver } from '../drivers/virt/driver.ts';
import { type Conductor, handleOf } from '../flows/flow-deps.ts';

export interface PowerStatesOptions {
  readonly conductor: Conductor;
  readonly guests: VirtDriver;
  readonly host: string;
  readonly log: Logger;
}

/** Servers whose guests stopped, crashed or started by themselves are shown so. Nudged by the driver's events. */
export function powerStates({ conductor, guests, host, log }: PowerStatesOptions): Reconciler {
  return reconciler({
    name: 'nova power states',
    intervalMs: 60_000,
    log,
    keys: async () => {
      const { servers } = await conductor.listHostServers({ host });
      return servers.filter(({ taskState, busy }) => taskState === null && !busy).map(({ id }) => id);
    },
    reconcile: async (serverId) => {
      const powerState = powerNumber(await guests.state(handleOf(serverId)));
      await conductor.powerStateSeen({ serverId, host, powerState });
    },
  });
}
