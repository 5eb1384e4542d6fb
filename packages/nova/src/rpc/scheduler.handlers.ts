import type { RpcHandlers } from '@kumo/core/rpc';
import { annotate } from '@kumo/core/trace';
import type { HostSelector } from '../app/scheduling/host-selector.ts';
import type { schedulerRpc } from './scheduler.ts';

export interface SchedulerHandlerDeps {
  readonly selector: HostSelector;
}

/** What nova-scheduler answers. */
export function schedulerHandlers({ selector }: SchedulerHandlerDeps): RpcHandlers<typeof schedulerRpc.methods> {
  return {
    selectHost: async (request, { ctx }) => {
      annotate({ 'kumo.server_id': request.serverId });
      return selector.select(request, ctx);
    },
  };
}
