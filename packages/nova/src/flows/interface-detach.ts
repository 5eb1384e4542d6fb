import { flow } from '@kumo/core/flow';
import { unlessAbsent } from '../compute/absent.ts';
import { type ComputeDeps, handleOf } from './flow-deps.ts';

export interface InterfaceDetachInput {
  serverId: string;
  portId: string;
}

const EVENT = 'compute_detach_interface';

/** Takes an interface away from a server. Key: the server's id; holder: its host. */
export const interfaceDetach = flow<ComputeDeps, InterfaceDetachInput>('interface.detach', 1)
  .step('guest', {
    timeoutMs: 120_000,
    retry: { times: 8, delayMs: 2_000, backoff: 1.5 },
    run: async ({ guests }, { serverId, portId }, _, { signal }) => {
      await guests.interfaces?.detach(handleOf(serverId), portId, signal);
    },
  })
  .step('port', {
    retry: { times: 100, delayMs: 200, backoff: 1.2 },
    run: async ({ conductor, network }, { serverId, portId }, _, { signal, ctx }) => {
      const { networkInfo } = await conductor.describeServer({ serverId }, { ctx });
      const preserve = networkInfo.some((nic) => nic.portId === portId && nic.preserveOnDelete);
      await network.releasePort(serverId, portId, preserve, { signal, ctx });
    },
  })
  .step('record', {
    run: async ({ conductor }, { serverId, portId }, _, { ctx }) => {
      const { networkInfo } = await conductor.describeServer({ serverId }, { ctx });
      await conductor.updateNetworkInfo({ serverId, networkInfo: networkInfo.filter((nic) => nic.portId !== portId) });
      const event = { name: EVENT, requestId: ctx?.requestId, outcome: 'Success' as const };
      await conductor.updateServer({ serverId, changes: {}, event }, { ctx });
    },
  })
  .onFailed(async ({ conductor }, { serverId }, failure, { ctx }) => {
    const event = { name: EVENT, requestId: ctx?.requestId, outcome: 'Error' as const };
    await unlessAbsent(conductor.updateServer({ serverId, changes: {}, event, failure }, { ctx }));
  });
