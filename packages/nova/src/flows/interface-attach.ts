import { flow } from '@kumo/core/flow';
import { unlessAbsent } from '../compute/absent.ts';
import type { NetworkInterface, NetworkRequest } from '../rpc/shapes.ts';
import { type ComputeDeps, handleOf } from './flow-deps.ts';

export interface InterfaceAttachInput {
  serverId: string;
  /** A port, or a network (and perhaps an address). */
  network: NetworkRequest;
}

const EVENT = 'compute_attach_interface';

/** Gives a server one more interface. Key: the server's id; holder: its host. nova-api waits for its result. */
export const interfaceAttach = flow<ComputeDeps, InterfaceAttachInput>('interface.attach', 1)
  .step('port', {
    run: async (
      { conductor, network, vifPlugTimeoutMs },
      input,
      _,
      { signal, ctx, flowId },
    ): Promise<NetworkInterface> => {
      const server = await conductor.describeServer({ serverId: input.serverId }, { ctx });
      const port = await network.ensurePort(server, input.network, flowId, { signal, ctx });
      const [wired] = await network.waitUntilWired([port], { timeoutMs: vifPlugTimeoutMs, signal, ctx });
      return wired ?? port;
    },
    undo: async ({ network }, { serverId, network: wanted }, { port }, { signal, ctx, flowId }) => {
      await network.releaseRequested(serverId, { wanted, request: flowId, portId: port?.portId }, { signal, ctx });
    },
  })
  .step('guest', {
    run: async ({ guests, network }, { serverId }, { port }, { signal }) => {
      await guests.interfaces?.attach(handleOf(serverId), network.nicOf(port), signal);
    },
    undo: async ({ guests }, { serverId }, { port }, { signal }) => {
      if (port) await guests.interfaces?.detach(handleOf(serverId), port.portId, signal);
    },
  })
  .step('record', {
    run: async ({ conductor, network }, { serverId }, { port }, { ctx, signal }) => {
      const server = await conductor.describeServer({ serverId }, { ctx });
      const others = server.networkInfo.filter(({ portId }) => portId !== port.portId);
      await conductor.updateNetworkInfo({
        serverId,
        networkInfo: await network.refreshed([...others, port], { ctx, signal }),
      });
      const event = { name: EVENT, requestId: ctx?.requestId, outcome: 'Success' as const };
      await conductor.updateServer({ serverId, changes: {}, event }, { ctx });
      return port;
    },
  })
  .onFailed(async ({ conductor }, { serverId }, failure, { ctx }) => {
    const event = { name: EVENT, requestId: ctx?.requestId, outcome: 'Error' as const };
    await unlessAbsent(conductor.updateServer({ serverId, changes: {}, event, failure }, { ctx }));
  });
