import { type FlowDefinition, flow } from '@kumo/core/flow';
import type { ScheduleDeps } from './flow-deps.ts';

export interface ScheduleInput {
  serverId: string;
  /** Hosts that failed to build it; empty at first. */
  excludeHosts: string[];
  /** 1 at first. */
  attempt: number;
  /** What the last host failed with. */
  cause?: string;
}

/**
 * Asks nova-scheduler for a host. Written by nova-api in the transaction that makes the server (key: the server's id, no
 * holder) and run by any nova-api. What follows is the flow `server.build`, which the scheduler writes.
 */
export const serverSchedule = flow<ScheduleDeps, ScheduleInput>('server.schedule', 1)
  .step('host', {
    // nova-scheduler may be on its way up; a claim that was lost to another server is tried elsewhere.
    retry: { times: 60, delayMs: 200, backoff: 1.2 },
    timeoutMs: 120_000,
    run: ({ scheduler }, { serverId, excludeHosts, attempt }, _, { ctx }) =>
      scheduler.selectHost({ serverId, excludeHosts, attempt }, { ctx }),
    undo: async ({ conductor }, { serverId }, _, { ctx, flowId }) => {
      await conductor.cancelOtherFlows({ serverId, flowId, reason: 'the server is not wanted any more' }, { ctx });
    },
  })
  .onFailed(async ({ conductor }, { serverId, cause }, failure, { ctx }) => {
    await conductor.scheduleFailed({ serverId, failure, cause, requestId: ctx?.requestId }, { ctx });
  });

/** The same after a host failed to build; written and run by nova-conductor. */
export const serverReschedule: FlowDefinition<ScheduleDeps, ScheduleInput> = {
  ...serverSchedule,
  name: 'server.reschedule',
  done: undefined,
};
