import type { Context } from '@kumo/core/context';
import { afterCommit, type Db } from '@kumo/core/db';
import { type FlowDefinition, flows } from '@kumo/core/flow';
import type { RpcClient } from '@kumo/core/rpc';
import type { Transaction } from 'kysely';
import { insertAction } from '../db/instance-actions.ts';
import type { NovaTables } from '../db/schema.ts';
import { powerState, type TaskState, type VmState } from '../db/server-shapes.ts';
import { type ExpectedServer, findServer, type Queries, type Server, updateServer } from '../db/servers.ts';
import { serverInvalidState, serverLocked, serverNotFound, serverNotReady } from '../errors.ts';
import { serverDelete } from '../flows/server-delete.ts';
import { type PowerInput, serverPower } from '../flows/server-power.ts';
import type { computeRpc, conductorRpc } from '../rpc/index.ts';

export interface LifecycleDeps {
  db: Db<NovaTables>;
  compute: RpcClient<typeof computeRpc.methods>;
  conductor: RpcClient<typeof conductorRpc.methods>;
}

interface PowerRule {
  /** What the request is called in errors and actions. */
  name: string;
  vmStates: readonly VmState[];
  taskStates: readonly (TaskState | null)[] | 'any';
  task: TaskState;
  action: PowerInput['action'];
}

const IDLE: readonly (TaskState | null)[] = [null];
const STUCK: readonly (TaskState | null)[] = [
  null,
  'rebooting',
  'reboot_pending',
  'reboot_started',
  'rebooting_hard',
  'reboot_pending_hard',
  'reboot_started_hard',
  'pausing',
  'unpausing',
];

/** From which states a request is taken, what it is meanwhile. */
export const powerRules = {
  start: { name: 'start', vmStates: ['stopped'], taskStates: IDLE, task: 'powering-on', action: 'start' },
  stop: { name: 'stop', vmStates: ['active', 'error'], taskStates: IDLE, task: 'powering-off', action: 'stop' },
  softReboot: { name: 'reboot', vmStates: ['active'], taskStates: IDLE, task: 'rebooting', action: 'reboot-soft' },
  hardReboot: {
    name: 'reboot',
    vmStates: ['active', 'stopped', 'paused', 'suspended', 'error'],
    taskStates: STUCK,
    task: 'rebooting_hard',
    action: 'reboot-hard',
  },
  pause: { name: 'pause', vmStates: ['active'], taskStates: IDLE, task: 'pausing', action: 'pause' },
  unpause: { name: 'unpause', vmStates: ['paused'], taskStates: IDLE, task: 'unpausing', action: 'resume' },
} as const satisfies Record<string, PowerRule>;

/** What happens to a server as a whole. Each request is one transaction: task, action, flow and the nudge after it. */
export class ServerLifecycle {
  readonly #deps: LifecycleDeps;

  constructor(deps: LifecycleDeps) {
    this.#deps = deps;
  }

  /** @throws 409 when the server is locked (for others than admins), in another state, or on no host. */
  async power(ctx: Context, server: Server, which: keyof typeof powerRules): Promise<void> {
    const rule: PowerRule = powerRules[which];
    this.checkLock(ctx, server);
    await this.begin(ctx, server, {
      name: rule.name,
      vmStates: rule.vmStates,
      taskStates: rule.taskStates === 'any' ? undefined : rule.taskStates,
      task: rule.task,
      flow: serverPower,
      input: { serverId: server.id, action: rule.action },
    });
  }

  /**
   * Writes a flow for the server's host, with its task and action, unless the server is in another state.
   * @returns the flow's id.
   */
  async begin<Deps, Input, Results>(
    ctx: Context,
    server: Server,
    begun: {
      name: string;
      vmStates: readonly VmState[];
      taskStates?: readonly (TaskState | null)[];
      task?: TaskState;
      flow: FlowDefinition<Deps, Input, Results>;
      input: Input;
      also?: (tx: Transaction<NovaTables>) => Promise<void>;
    },
  ): Promise<string> {
    const { name, vmStates, taskStates, task, flow, input, also } = begun;
    checkState(server, name, { vmState: vmStates, taskState: taskStates });
    const { host, id } = server;
    if (host === null) throw serverNotReady({ id });
    return this.#deps.db.transaction(
      async (tx) => {
        const expected = { vmState: vmStates, taskState: taskStates, host };
        const isAsSeen = await updateServer(
          tx,
          id,
          task === undefined ? {} : { taskState: task, fault: null },
          expected,
        );
        if (!isAsSeen) throw await changed(tx, id, name, expected);
        await insertAction(tx, [actionOf(ctx, server, name)]);
        await also?.(tx);
        const flowId = await flows.start(tx as Queries, flow, input, { key: id, holder: host, ctx });
        this.#nudge(tx, ctx, { serverId: id, flowId, host });
        return flowId;
      },
      { name: name === 'stop' || name === 'start' || name === 'reboot' ? `${name}Server` : name },
    );
  }

  /** Any state will do, also a build under way, which the flow cancels. A second request is answered like the first. */
  async delete(ctx: Context, server: Server, options: { force: boolean }): Promise<void> {
    this.checkLock(ctx, server);
    await this.#deps.db.transaction(
      async (tx) => {
        // The row is locked by this write; the host that is read afterwards stays until the commit.
        if (!(await updateServer(tx, server.id, { taskState: 'deleting', progress: 0 }))) return;
        const { host } = (await findServer(tx, server.id))!;
        await insertAction(tx, [actionOf(ctx, server, 'delete')]);
        if (server.taskState === 'deleting' && (await hasDeletion(tx, server.id))) return;
        const input = { serverId: server.id };
        const flowId = await flows.start(tx as Queries, serverDelete, input, {
          key: server.id,
          holder: host ?? undefined,
          ctx,
        });
        this.#nudge(tx, ctx, { serverId: server.id, flowId, host });
      },
      { name: options.force ? 'forceDeleteServer' : 'deleteServer' },
    );
  }

  /** To whoever runs the flow: the server's host, without one nova-conductor. */
  #nudge(
    tx: Transaction<NovaTables>,
    ctx: Context,
    { host, ...flow }: { serverId: string; flowId: string; host: string | null },
  ): void {
    const { compute, conductor } = this.#deps;
    if (host === null)
      afterCommit(tx, { name: 'nova-conductor.runFlows', send: () => conductor.runFlows(flow, { ctx }) });
    else afterCommit(tx, { name: 'nova-compute.runFlows', send: () => compute.runFlows(flow, { server: host, ctx }) });
  }

  async lock(ctx: Context, server: Server, reason: string | undefined): Promise<void> {
    const by = ctx.projectId === server.projectId && !ctx.roles.includes('admin') ? 'owner' : 'admin';
    await this.#change(ctx, server, 'lock', { lockedBy: by, lockedReason: reason ?? null });
  }

  /** @param mayOverride unlocks what an admin locked. */
  async unlock(ctx: Context, server: Server, mayOverride: () => void): Promise<void> {
    if (server.lockedBy === 'admin') mayOverride();
    await this.#change(ctx, server, 'unlock', { lockedBy: null, lockedReason: null });
  }

  /** An admin's word against what the database says; nothing else is touched. */
  async resetState(ctx: Context, server: Server, state: 'active' | 'error'): Promise<void> {
    await this.#change(ctx, server, 'resetState', {
      vmState: state,
      taskState: null,
      ...(state === 'active' ? { fault: null, powerState: powerState.running } : {}),
    });
  }

  async #change(
    ctx: Context,
    server: Server,
    action: string,
    changes: Parameters<typeof updateServer>[2],
  ): Promise<void> {
    await this.#deps.db.transaction(async (tx) => {
      if (!(await updateServer(tx, server.id, changes))) throw serverNotFound({ id: server.id });
      await insertAction(tx, [actionOf(ctx, server, action)]);
    });
  }

  /** @throws 409 when someone locked the server; admins pass. */
  checkLock(ctx: Context, server: Server): void {
    if (server.lockedBy !== null && !ctx.roles.includes('admin')) throw serverLocked({ id: server.id });
  }
}

async function hasDeletion(tx: Transaction<NovaTables>, serverId: string): Promise<boolean> {
  const found = await tx
    .selectFrom('flows')
    .select('id')
    .where('flow_key', '=', serverId)
    .where('name', '=', serverDelete.name)
    .where('state', 'in', ['running', 'undoing'])
    .executeTakeFirst();
  return found !== undefined;
}

const actionOf = (ctx: Context, server: Server, action: string) => ({
  serverId: server.id,
  requestId: ctx.requestId,
  action,
  userId: ctx.userId,
  projectId: ctx.projectId ?? server.projectId,
});

/** @throws 409 naming the state that is in the way. */
export function checkState(server: Server, action: string, expected: ExpectedServer): void {
  const { id } = server;
  if (expected.vmState && !expected.vmState.includes(server.vmState))
    throw serverInvalidState({ action, id, attribute: 'vm_state', state: server.vmState });
  if (expected.taskState && !expected.taskState.includes(server.taskState))
    throw serverInvalidState({ action, id, attribute: 'task_state', state: server.taskState });
}

/** The error for a server that changed between the look at it and the write. */
async function changed(
  tx: Transaction<NovaTables>,
  id: string,
  action: string,
  expected: ExpectedServer,
): Promise<Error> {
  const now = await findServer(tx as Queries, id);
  if (!now) return serverNotFound({ id });
  checkState(now, action, expected);
  return serverNotReady({ id });
}
