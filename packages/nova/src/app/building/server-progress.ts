import type { Context } from '@kumo/core/context';
import { type Db, nowIso } from '@kumo/core/db';
import { flows } from '@kumo/core/flow';
import type { Transaction } from 'kysely';
import type { Allocations } from '../../compute/allocations.ts';
import { countBuild } from '../../db/compute-nodes.ts';
import type { NovaTables } from '../../db/schema.ts';
import type { NetworkInfo, TaskState, VmState } from '../../db/server-shapes.ts';
import { type ExpectedServer, findServer, type Server, type ServerChanges, updateServer } from '../../db/servers.ts';
import { serverIsLeaving, serverNotFound, unexpectedTaskState } from '../../errors.ts';
import { type ScheduleInput, serverReschedule } from '../../flows/server-schedule.ts';
import type { Failure, NetworkInterface } from '../../rpc/shapes.ts';
import { deleteServerRecord, type NovaQuotas } from '../quotas.ts';
import { BUILD_EVENT } from '../scheduling/host-selector.ts';
import { type ActionEvent, writeEvent } from './action-events.ts';
import type { Notify } from './notifications.ts';
import { anotherHostMayHelp, faultOf } from './server-fault.ts';

export interface ServerProgressDeps {
  readonly db: Db<NovaTables>;
  readonly quotas: NovaQuotas;
  readonly allocations: Allocations;
  readonly notify: Notify;
  readonly maxBuildAttempts: number;
  /** A flow was written that this daemon runs. */
  nudge(): void;
}

type Tx = Transaction<NovaTables>;
const BUILDING: readonly (TaskState | null)[] = ['scheduling', 'networking', 'block_device_mapping', 'spawning', null];

export interface StateUpdate {
  serverId: string;
  expectTaskStates?: (string | null)[];
  changes: { vmState?: string; taskState?: string | null; powerState?: number };
  event?: ActionEvent;
  failure?: Failure;
}

export interface FailedBuild {
  serverId: string;
  host: string;
  attempt: number;
  excludeHosts: string[];
  failure: Failure;
  requestId?: string;
}

/** What happens to a server's record while others work on the server: nova-conductor's part. */
export class ServerProgress {
  readonly #deps: ServerProgressDeps;

  constructor(deps: ServerProgressDeps) {
    this.#deps = deps;
  }

  /** @throws unexpectedTaskState, serverIsLeaving, serverNotFound */
  async update({ serverId, expectTaskStates, changes, event, failure }: StateUpdate): Promise<void> {
    await this.#deps.db.transaction(async (tx) => {
      const isFaulty = failure !== undefined && changes.vmState === 'error';
      const written: ServerChanges = {
        vmState: changes.vmState as VmState | undefined,
        taskState: changes.taskState as TaskState | null | undefined,
        powerState: changes.powerState,
        ...(isFaulty ? { fault: faultOf(failure) } : {}),
      };
      const expected: ExpectedServer = { taskState: expectTaskStates as (TaskState | null)[] | undefined };
      if (!(await updateServer(tx, serverId, written, expected)))
        throw await refusal(tx, serverId, expectTaskStates ?? []);
      if (event) await writeEvent(tx, serverId, null, { message: failure?.message, ...event });
    });
  }

  async replaceNetworkInfo(serverId: string, networkInfo: readonly NetworkInterface[]): Promise<void> {
    await updateServer(this.#deps.db.q, serverId, { networkInfo: networkInfo as NetworkInfo[] });
  }

  /** Repetitions do nothing. @throws serverIsLeaving, unexpectedTaskState, serverNotFound */
  async built(done: {
    serverId: string;
    host: string;
    powerState: number;
    networkInfo: NetworkInterface[];
    requestId?: string;
  }): Promise<void> {
    const { serverId, host, powerState, networkInfo, requestId } = done;
    const { db, notify } = this.#deps;
    await db.transaction(async (tx) => {
      const before = await findServer(tx, serverId);
      if (before?.host === host && before.vmState === 'active') return;
      const changes: ServerChanges = {
        vmState: 'active',
        taskState: null,
        powerState,
        progress: 0,
        networkInfo: networkInfo as NetworkInfo[],
        launchedAt: nowIso(),
        fault: null,
      };
      if (!(await updateServer(tx, serverId, changes, { host, taskState: BUILDING })))
        throw await refusal(tx, serverId, ['spawning']);
      await countBuild(tx, host, 'built');
      await writeEvent(tx, serverId, host, { name: BUILD_EVENT, requestId, outcome: 'Success' });
      if (before) notify(tx, 'create.end', { ...before, ...changes } as Server, { message: 'Success' });
    });
  }

  /** @returns whether another host is looked for. */
  async buildFailed(failed: FailedBuild, ctx?: Context): Promise<boolean> {
    const { db, allocations, notify, nudge } = this.#deps;
    const server = await findServer(db.q, failed.serverId);
    // Not there any more: this was said before, or the deletion took over.
    if (!server || server.host !== failed.host) return false;
    if (server.taskState === 'deleting') return false;
    await allocations.release(server.id, ctx);
    const again = this.#mayTryAgain(server, failed);
    await db.transaction(async (tx) => {
      const stillThere = { host: failed.host, taskState: BUILDING };
      const away = { host: null, node: null, networkInfo: [] };
      const changes: ServerChanges = again
        ? { ...away, taskState: 'scheduling', availabilityZone: server.request.availabilityZone ?? null }
        : { ...away, taskState: null, vmState: 'error', fault: faultOf(failed.failure) };
      if (!(await updateServer(tx, server.id, changes, stillThere))) return;
      await countBuild(tx, failed.host, 'failed');
      const { requestId, failure } = failed;
      await writeEvent(tx, server.id, failed.host, {
        ...{ name: BUILD_EVENT, requestId, outcome: 'Error', message: failure.message },
      });
      if (again) await this.#reschedule(tx, failed, ctx);
      else notify(tx, 'create.error', server, { message: failure.message });
    });
    if (again) nudge();
    return again;
  }

  /** No host was found. Repetitions, and servers that are being deleted, are passed over. */
  async scheduleFailed(serverId: string, failure: Failure, cause?: string, requestId?: string): Promise<void> {
    const { db, notify } = this.#deps;
    await db.transaction(async (tx) => {
      const before = await findServer(tx, serverId);
      const fault = faultOf(failure, cause);
      const changes: ServerChanges = { vmState: 'error', taskState: null, fault };
      const waiting: ExpectedServer = { host: null, taskState: ['scheduling'] };
      if (!before || !(await updateServer(tx, serverId, changes, waiting))) return;
      await writeEvent(tx, serverId, null, {
        ...{ name: 'conductor_schedule_and_build_instances', requestId, outcome: 'Error', message: fault.message },
      });
      notify(tx, 'create.error', before, { message: failure.message });
    });
  }

  /** Repetitions do nothing. */
  async deleted(serverId: string, requestId?: string): Promise<void> {
    const { db, quotas, notify } = this.#deps;
    await db.transaction(async (tx) => {
      const before = await findServer(tx, serverId);
      if (!before || !(await deleteServerRecord(tx, quotas, before))) return;
      const event = { name: 'compute_terminate_instance', requestId, outcome: 'Success' as const };
      await writeEvent(tx, serverId, before.host, event);
      notify(tx, 'delete.end', { ...before, vmState: 'deleted', taskState: null });
    });
  }

  #mayTryAgain({ request }: Server, { attempt, failure }: FailedBuild): boolean {
    const isBound = request.host !== undefined || request.node !== undefined;
    return !isBound && attempt < this.#deps.maxBuildAttempts && anotherHostMayHelp(failure);
  }

  async #reschedule(tx: Tx, failed: FailedBuild, ctx?: Context): Promise<void> {
    const { serverId, host, attempt, excludeHosts, failure } = failed;
    const input: ScheduleInput = {
      serverId,
      excludeHosts: [...excludeHosts, host],
      attempt: attempt + 1,
      cause: faultOf(failure).message,
    };
    await flows.start(tx, serverReschedule, input, { key: serverId, ctx });
  }
}

async function refusal(tx: Tx, serverId: string, expected: readonly (string | null)[]): Promise<Error> {
  const server = await findServer(tx, serverId);
  if (!server) return serverNotFound({ id: serverId });
  if (server.taskState === 'deleting') return serverIsLeaving({ id: serverId });
  return unexpectedTaskState({ id: serverId, actual: server.taskState, expected: expected.join(', ') });
}
