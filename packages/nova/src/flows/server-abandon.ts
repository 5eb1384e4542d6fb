import type { FlowDefinition } from '@kumo/core/flow';
import { unlessAbsent } from '../compute/absent.ts';
import { hostLost } from '../errors.ts';
import type { CleanupDeps } from './flow-deps.ts';
import { interfaceAttach } from './interface-attach.ts';
import { interfaceDetach } from './interface-detach.ts';
import { type BuildInput, serverBuild } from './server-build.ts';
import { serverPower } from './server-power.ts';
import { volumeAttach } from './volume-attach.ts';
import { volumeDetach } from './volume-detach.ts';

const TASKS = [serverPower, volumeAttach, volumeDetach, interfaceAttach, interfaceDetach];

type AbandonedBuild = FlowDefinition<CleanupDeps, BuildInput>;

/**
 * A build whose host died, run by nova-conductor after it took the flow away: goes on with nothing, undoes what it finds
 * (only `guests` has nothing to do there) and so ends in `buildFailed`, which looks for another host. A build that had
 * reached its end stays: then the host died with a server on it.
 */
export function abandonedBuild(): AbandonedBuild {
  const steps = serverBuild.steps.map((step) => ({
    ...step,
    run: async ({ conductor }: CleanupDeps, { serverId }: BuildInput): Promise<null> => {
      const { host, vmState } = await conductor.describeServer({ serverId });
      if (step.name === 'active' && vmState === 'active') return null;
      throw hostLost({ host }, { retryable: false });
    },
    // The undo of a build uses only what CleanupDeps has.
    undo: step.undo as AbandonedBuild['steps'][number]['undo'],
  }));
  return {
    name: serverBuild.name,
    version: serverBuild.version,
    steps,
    failed: async ({ conductor }, { serverId, attempt, excludeHosts }, failure, { ctx }) => {
      const server = await unlessAbsent(conductor.describeServer({ serverId }, { ctx }));
      if (!server || server.host === null) return;
      const requestId = ctx?.requestId;
      await conductor.buildFailed({ serverId, host: server.host, attempt, excludeHosts, failure, requestId }, { ctx });
    },
  };
}

/**
 * Tasks of a host that died, for servers that are being deleted: they end without an undo and without a
 * fault, and the deletion, which waits for them, removes what they made.
 */
export function abandonedTasks(): FlowDefinition<CleanupDeps, { serverId: string }>[] {
  return TASKS.map(({ name, version, steps }) => ({
    name,
    version,
    steps: steps.map((step) => ({
      ...{ name: step.name, timeoutMs: step.timeoutMs, retry: step.retry },
      run: (): never => {
        throw hostLost({ host: 'of the server' }, { retryable: false });
      },
    })),
  }));
}
