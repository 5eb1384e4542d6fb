import type { RpcHandlers } from '@kumo/core/rpc';
import type { Scheduler } from '../app/scheduler.ts';
import type { schedulerRpc } from './scheduler.ts';

/** @param later asked when no back end is up yet: the volume is looked at again soon. */
export function schedulerHandlers(
  scheduler: Scheduler,
  later: (volumeId: string) => void,
): RpcHandlers<typeof schedulerRpc.methods> {
  return {
    placeVolume: async ({ volume_id }) => {
      if (await scheduler.place(volume_id)) later(volume_id);
    },
  };
}
