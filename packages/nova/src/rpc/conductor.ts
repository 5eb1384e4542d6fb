import { call, cast, rpc } from '@kumo/core/rpc';
import { Type as T } from 'typebox';
import { journalMethods } from './journal.ts';
import { FailureShape, NetworkInfoShape, ServerShape } from './shapes.ts';

const ServerId = T.String();
const Done = T.Object({});
const Nullable = (text = T.String()) => T.Union([text, T.Null()]);

/** What happened under an instance action, shown by os-instance-actions. */
const ActionEvent = T.Object({
  /** E.g. `compute__do_build_and_run_instance`. */
  name: T.String(),
  /** The request whose action it belongs to. */
  requestId: T.Optional(T.String()),
  outcome: T.Union([T.Literal('started'), T.Literal('Success'), T.Literal('Error')]),
  message: T.Optional(T.String()),
});

const NodeFacts = T.Object({
  hypervisorHostname: T.String(),
  hypervisorType: T.String(),
  hypervisorVersion: T.Integer(),
  hostIp: T.String(),
  vcpus: T.Integer(),
  memoryMb: T.Integer(),
  localGb: T.Integer(),
  runningVms: T.Integer(),
  cpuInfo: T.Unsafe<object>({ type: 'object' }),
  cpuAllocationRatio: T.Number(),
  ramAllocationRatio: T.Number(),
  diskAllocationRatio: T.Number(),
});

/** What nova-compute, which has no database, asks of nova-conductor. */
export const conductorRpc = rpc('nova-conductor', '1.0', {
  ...journalMethods,
  /** @throws instanceNotFound, also for a deleted server. */
  describeServer: call(T.Object({ serverId: ServerId }), ServerShape, { timeoutMs: 15_000 }),
  /**
   * Changes states. With `expectTaskStates`, only when the present one is among them.
   * @throws unexpectedTaskState
   */
  updateServer: call(
    T.Object({
      serverId: ServerId,
      expectTaskStates: T.Optional(T.Array(Nullable())),
      changes: T.Object({
        vmState: T.Optional(T.String()),
        taskState: T.Optional(Nullable()),
        powerState: T.Optional(T.Integer()),
      }),
      event: T.Optional(ActionEvent),
      /** Why its last task failed: shown with a server in ERROR, and as its action's message. */
      failure: T.Optional(FailureShape),
    }),
    Done,
    { timeoutMs: 15_000 },
  ),
  /** Replaces what is known of the server's interfaces. */
  updateNetworkInfo: call(T.Object({ serverId: ServerId, networkInfo: T.Array(NetworkInfoShape) }), Done, {
    timeoutMs: 15_000,
  }),
  updateBlockDevice: call(
    T.Object({
      serverId: ServerId,
      blockDeviceId: T.String(),
      changes: T.Object({
        volumeId: T.Optional(T.String()),
        volumeSizeGb: T.Optional(T.Integer()),
        attachmentId: T.Optional(Nullable()),
        deviceName: T.Optional(T.String()),
      }),
    }),
    Done,
    { timeoutMs: 15_000 },
  ),
  /** Forgets a block device; nothing happens when it is forgotten already. */
  deleteBlockDevice: call(T.Object({ serverId: ServerId, blockDeviceId: T.String() }), Done, { timeoutMs: 15_000 }),
  /** The guest runs: `active`, no task, launched. @throws unexpectedTaskState when the server is being deleted. */
  serverBuilt: call(
    T.Object({
      serverId: ServerId,
      host: T.String(),
      powerState: T.Integer(),
      networkInfo: T.Array(NetworkInfoShape),
      requestId: T.Optional(T.String()),
    }),
    Done,
    { timeoutMs: 15_000 },
  ),
  /** After everything was undone: another host is looked for, or the server gets ERROR and a fault. Repetitions do nothing. */
  buildFailed: call(
    T.Object({
      serverId: ServerId,
      host: T.String(),
      /** The build's input. */
      attempt: T.Integer(),
      excludeHosts: T.Array(T.String()),
      failure: FailureShape,
      requestId: T.Optional(T.String()),
    }),
    T.Object({ rescheduled: T.Boolean() }),
    { timeoutMs: 30_000 },
  ),
  /** No host was found: ERROR and a fault, unless the server is being deleted. Repetitions do nothing. */
  scheduleFailed: call(
    T.Object({
      serverId: ServerId,
      failure: FailureShape,
      /** What the last host failed with. */
      cause: T.Optional(T.String()),
      requestId: T.Optional(T.String()),
    }),
    Done,
    { timeoutMs: 15_000 },
  ),
  /** The end of `server.delete`: quota is given back, the record is marked as deleted. Repetitions do nothing. */
  serverDeleted: call(T.Object({ serverId: ServerId, requestId: T.Optional(T.String()) }), Done, { timeoutMs: 15_000 }),
  /** Cancels what else is under way for the server; those flows that have not ended yet. */
  cancelOtherFlows: call(
    T.Object({ serverId: ServerId, flowId: T.String(), reason: T.String() }),
    T.Object({ unfinished: T.Array(T.Object({ id: T.String(), name: T.String(), holder: Nullable() })) }),
    { timeoutMs: 15_000 },
  ),
  /** Heartbeat. */
  reportService: call(T.Object({ host: T.String(), binary: T.String() }), T.Object({ disabled: T.Boolean() }), {
    timeoutMs: 8_000,
  }),
  /** What the hypervisor offers; answers with the node's id, which is Placement's provider too. */
  reportNode: call(T.Object({ host: T.String(), node: NodeFacts }), T.Object({ nodeId: T.String() }), {
    timeoutMs: 15_000,
  }),
  /** Every server that the database places on the host, deleted ones not among them. */
  listHostServers: call(
    T.Object({ host: T.String() }),
    T.Object({
      servers: T.Array(
        T.Object({
          id: T.String(),
          vmState: T.String(),
          taskState: Nullable(),
          powerState: T.Integer(),
          /** A flow of it has not ended. */
          busy: T.Boolean(),
        }),
      ),
      /** Images that servers there were made from. */
      imageIds: T.Array(T.String()),
    }),
    { timeoutMs: 15_000 },
  ),
  /** May this host destroy a guest that it has? Not while a flow of the server is under way. */
  isOrphan: call(T.Object({ serverId: ServerId, host: T.String() }), T.Object({ orphan: T.Boolean() }), {
    timeoutMs: 15_000,
  }),
  /** The guest's own doing: ignored while the server has a task. */
  powerStateSeen: call(T.Object({ serverId: ServerId, host: T.String(), powerState: T.Integer() }), Done, {
    timeoutMs: 15_000,
  }),
  /** A nudge: a flow that nova-conductor runs was written (the deletion of a server without a host). */
  runFlows: cast(T.Object({ serverId: T.String(), flowId: T.Optional(T.String()) })),
});
