import { flow } from '@kumo/core/flow';
import { unlessAbsent } from '../compute/absent.ts';
import { type ComputeDeps, handleOf } from './flow-deps.ts';

export interface VolumeAttachInput {
  serverId: string;
  /** The block device that nova-api wrote, with the attachment that it reserved in Cinder. */
  blockDeviceId: string;
}

const EVENT = 'compute_attach_volume';

/** Gives a server one more volume. Key: the server's id; holder: its host. */
export const volumeAttach = flow<ComputeDeps, VolumeAttachInput>('volume.attach', 1)
  .step('attachment', {
    run: ({ volumes }, { serverId, blockDeviceId }, _, { signal, ctx }) =>
      volumes.ensureOne(serverId, blockDeviceId, { signal, ctx }),
    undo: ({ volumes }, { serverId, blockDeviceId }, _, { signal, ctx }) =>
      volumes.releaseOne(serverId, blockDeviceId, { signal, ctx }),
  })
  .step('guest', {
    run: async ({ guests }, { serverId }, { attachment: { disk } }, { signal }) => {
      await guests.volumes?.attach(handleOf(serverId), disk, signal);
    },
    undo: async ({ guests }, { serverId }, { attachment }, { signal }) => {
      if (attachment) await guests.volumes?.detach(handleOf(serverId), attachment.disk.volumeId, signal);
    },
  })
  .step('complete', {
    run: async ({ volumes, conductor }, { serverId }, { attachment }, { signal, ctx }) => {
      await volumes.complete([attachment.attachmentId], { signal, ctx });
      const event = { name: EVENT, requestId: ctx?.requestId, outcome: 'Success' as const };
      await conductor.updateServer({ serverId, changes: {}, event }, { ctx });
    },
  })
  .onFailed(async ({ conductor }, { serverId, blockDeviceId }, failure, { ctx }) => {
    await conductor.deleteBlockDevice({ serverId, blockDeviceId }, { ctx });
    const event = { name: EVENT, requestId: ctx?.requestId, outcome: 'Error' as const };
    await unlessAbsent(conductor.updateServer({ serverId, changes: {}, event, failure }, { ctx }));
  });
