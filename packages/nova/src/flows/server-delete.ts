import { setTimeout as sleep } from 'node:timers/promises';
import { flow } from '@kumo/core/flow';
import { unlessAbsent } from '../compute/absent.ts';
import { othersUnderWay } from '../errors.ts';
import { type CleanupDeps, handleOf } from './flow-deps.ts';

export interface DeleteInput {
  serverId: string;
}

/** How often and how long a try waits for flows that were just cancelled. */
const LOOK_MS = 25;
const LOOKS = 20;

/**
 * Takes a server away. Key: the server's id. Holder: its host, or none (then nova-conductor runs it). nova-api writes it
 * with task_state `deleting`; whatever else is under way is cancelled by the first step, not by nova-api.
 */
export const serverDelete = flow<CleanupDeps, DeleteInput>('server.delete', 1)
  .step('others', {
    timeoutMs: 60_000,
    retry: { times: 1_000_000, delayMs: 250, backoff: 1 },
    run: async (deps, { serverId }, _, { flowId, ctx, signal }) => {
      await quiet(deps, serverId, flowId, signal);
      const { userData, ...server } = await deps.conductor.describeServer({ serverId }, { ctx });
      return server;
    },
  })
  .step('guest', { run: ({ guests }, { serverId }) => guests.destroy(handleOf(serverId)) })
  .step('networks', {
    retry: { times: 100, delayMs: 200, backoff: 1.2 },
    run: ({ network }, _, { others: server }, { signal, ctx }) => network.releasePorts(server, { signal, ctx }),
  })
  .step('volumes', {
    retry: { times: 100, delayMs: 200, backoff: 1.2 },
    run: async ({ volumes }, _, { others: server }, { signal, ctx }) => {
      await volumes.releaseAll(server.id, { signal, ctx });
      await volumes.deleteOnTermination(server, { signal, ctx });
    },
  })
  .step('allocations', {
    retry: { times: 100, delayMs: 200, backoff: 1.2 },
    run: ({ allocations }, { serverId }, _, { ctx }) => allocations.release(serverId, ctx),
  })
  .step('record', {
    run: async ({ conductor }, { serverId }, _, { ctx }) => {
      await conductor.serverDeleted({ serverId, requestId: ctx?.requestId }, { ctx });
    },
  })
  .onFailed(async ({ conductor }, { serverId }, failure, { ctx }) => {
    const event = { name: 'compute_terminate_instance', requestId: ctx?.requestId, outcome: 'Error' as const };
    const changes = { vmState: 'error', taskState: null };
    await unlessAbsent(conductor.updateServer({ serverId, changes, event, failure }, { ctx }));
  });

/** Ends the server's other flows; each is undone by its own runner. */
async function quiet(deps: CleanupDeps, serverId: string, flowId: string, signal: AbortSignal): Promise<void> {
  for (let look = 1; ; look++) {
    const { unfinished } = await deps.conductor.cancelOtherFlows({ serverId, flowId, reason: 'the server is deleted' });
    if (unfinished.length === 0) return;
    for (const { id } of unfinished) deps.nudge(id);
    if (look === LOOKS) {
      const names = unfinished.map(({ name }) => name).join(', ');
      throw othersUnderWay({ id: serverId, flows: names }, { retryable: true });
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}
