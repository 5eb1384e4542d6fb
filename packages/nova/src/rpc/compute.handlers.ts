import { DriverError, defineError, publicText } from '@kumo/core/errors';
import type { FlowRunner } from '@kumo/core/flow';
import type { Reconciler } from '@kumo/core/reconcile';
import type { RpcHandlers } from '@kumo/core/rpc';
import { annotate } from '@kumo/core/trace';
import type { NetworkSide } from '../compute/network-side.ts';
import { GuestGoneError, type VirtDriver } from '../drivers/virt/driver.ts';
import { handleOf } from '../flows/flow-deps.ts';
import type { computeRpc } from './compute.ts';

export const guestNotReady = defineError('conflict', 'InstanceNotReady', 'Instance {id} is not ready: {reason}');

export interface ComputeHandlerDeps {
  readonly runner: Pick<FlowRunner, 'nudge'>;
  readonly guests: VirtDriver;
  readonly network: NetworkSide;
  /** Brings what is known of a server's addresses up to date. */
  readonly networkInfo: Pick<Reconciler, 'nudge'>;
}

/** What nova-compute answers. */
export function computeHandlers(deps: ComputeHandlerDeps): RpcHandlers<typeof computeRpc.methods> {
  const { runner, guests, network, networkInfo } = deps;
  const about = (serverId: string) => annotate({ 'kumo.server_id': serverId });
  return {
    buildServer: ({ serverId }) => {
      about(serverId);
      runner.nudge();
    },
    runFlows: ({ serverId, flowId }) => {
      about(serverId);
      runner.nudge(flowId);
    },
    externalEvents: ({ events }) => {
      for (const { name, serverId, tag, status } of events) {
        if (name === 'network-vif-plugged' && tag !== undefined) network.wiring.plugged(tag, status ?? 'completed');
        if (name.startsWith('network-')) networkInfo.nudge(serverId);
      }
    },
    consoleOutput: async ({ serverId, lines }) => {
      about(serverId);
      return { output: await ofGuest(serverId, () => guests.consoleOutput(handleOf(serverId), { lines })) };
    },
    diagnostics: ({ serverId }) => {
      about(serverId);
      return ofGuest(serverId, () => guests.diagnostics(handleOf(serverId)));
    },
  };
}

async function ofGuest<T>(serverId: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GuestGoneError) throw guestNotReady({ id: serverId, reason: 'it has no guest on its host.' });
    if (error instanceof DriverError)
      throw guestNotReady({ id: serverId, reason: publicText(error.message) }, { cause: error });
    throw error;
  }
}
