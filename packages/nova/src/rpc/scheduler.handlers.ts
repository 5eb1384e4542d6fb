import type { RpcClient, RpcHandlers } from '@kumo/core/rpc';
import { annotate } from '@kumo/core/trace';
import type { HostSelector } from '../app/scheduling/host-selector.ts';
import type { computeRpc } from './compute.ts';
import type { schedulerRpc } from './scheduler.ts';

export interface SchedulerHandlerDeps {
  readonly selector: HostSelector;
  readonly compute: RpcClient<typeof computeRpc.methods>;
}

/** What nova-scheduler answers. */
export function schedulerHandlers({
  selector,
  compute,
}: SchedulerHandlerDeps): RpcHandlers<typeof schedulerRpc.methods> {
  return {
    selectHost: async (request, { ctx }) => {
      annotate({ 'kumo.server_id': request.serverId });
      const chosen = await selector.select(request, ctx);
      await compute.buildServer({ serverId: request.serverId }, { server: chosen.host, ctx });
      return chosen;
    },
  };
}
