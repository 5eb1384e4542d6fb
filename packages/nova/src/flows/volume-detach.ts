import { flow } from '@kumo/core/flow';
import { unlessAbsent } from '../compute/absent.ts';
import { type ComputeDeps, handleOf } from './flow-deps.ts';

export interface VolumeDetachInput {
  serverId: string;
  blockDeviceId: string;
  volumeId: string;
}

const EVENT = 'compute_detach_volume';

/** Takes a volume away from a server. Key: the server's id; holder: its host. */
export const volumeDetach = flow<ComputeDeps, VolumeDetachInput>('volume.detach', 1)
  .step('guest', {
    // A guest that is still booting ignores the request until it is up.
    timeoutMs: 120_000,
    retry: { times: 8, delayMs: 2_000, backoff: 1.5 },
    run: async ({ guests }, { serverId, volumeId }, _, { signal }) => {
      await guests.volumes?.detach(handleOf(serverId), volumeId, signal);
    },
  })
  .step('attachment', {
    retry: { times: 100, delayMs: 200, backoff: 1.2 },
    run: ({ volumes }, { serverId, blockDeviceId }, _, { signal, ctx }) =>
      volumes.releaseOne(serverId, blockDeviceId, { signal, ctx }),
  })
  .step('record', {
    run: async ({ conductor }, { serverId, blockDeviceId }, _, { ctx }) => {
      await conductor.deleteBlockDevice({ serverId, blockDeviceId }, { ctx });
      const event = { name: EVENT, requestId: ctx?.requestId, outcome: 'Success' as const };
      await conductor.updateServer({ serverId, changes: {}, event }, { ctx });
    },
  })
  .onFailed(async ({ conductor, volumes }, { serverId, volumeId }, failure, { ctx, signal }) => {
    await volumes.keepAttached(volumeId, { ctx, signal });
    const event = { name: EVENT, requestId: ctx?.requestId, outcome: 'Error' as const };
    await unlessAbsent(conductor.updateServer({ serverId, changes: {}, event, failure }, { ctx }));
  });
