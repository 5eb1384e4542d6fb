import type { ClaimedFlow, FlowFailure, FlowJournal, FlowRecord } from '@kumo/core/flow';
import { call, type RpcClient, type RpcHandlers } from '@kumo/core/rpc';
import { Type as T, type TSchema } from 'typebox';

const lease = { id: T.String(), epoch: T.Integer() };
const stamp = { ...lease, seq: T.Integer(), leaseMs: T.Integer() };
const Leases = T.Array(T.Object(lease));
/** Plain JSON whose shape core/flow alone knows. */
const Json = <Shape>(type: 'object' | 'array') => T.Unsafe<Shape>({ type });
const Answer = T.Object({ cancel: T.Optional(T.String()) });
const Done = T.Object({});
const quick = { timeoutMs: 10_000 };
const write = <S extends Record<string, TSchema>>(more: S) => call(T.Object({ ...stamp, ...more }), Answer, quick);
const Failure = Json<FlowFailure>('object');

/** core/flow's journal, one call per method, for daemons that have no database. */
export const journalMethods = {
  journalClaim: call(
    T.Object({
      owner: T.String(),
      bootId: T.String(),
      holder: T.Union([T.String(), T.Null()]),
      flows: T.Array(T.Object({ name: T.String(), version: T.Integer() })),
      holding: T.Array(T.String()),
      limit: T.Integer(),
      leaseMs: T.Integer(),
    }),
    Json<ClaimedFlow[]>('array'),
    quick,
  ),
  journalReleaseFormer: call(T.Object({ owner: T.String(), bootId: T.String() }), Done, quick),
  journalRelease: call(T.Object({ leases: Leases }), Done, quick),
  journalRenew: call(
    T.Object({ leases: Leases, leaseMs: T.Integer() }),
    T.Array(T.Object({ id: T.String(), held: T.Boolean(), cancel: T.Optional(T.String()) })),
    quick,
  ),
  journalStepStarted: write({ step: T.String() }),
  journalStepDone: write({
    step: T.String(),
    result: T.Unknown(),
    next: T.Optional(T.String()),
    finish: T.Optional(T.Boolean()),
  }),
  journalStepFailed: write({ step: T.String(), failure: Failure }),
  journalUndoing: write({ failure: Failure }),
  journalStepUndone: write({ step: T.String() }),
  journalFinish: write({ state: T.Union([T.Literal('done'), T.Literal('failed')]) }),
  journalCancel: call(
    T.Object({ key: T.Optional(T.String()), id: T.Optional(T.String()), reason: T.String() }),
    T.Array(T.String()),
    quick,
  ),
  journalHandOver: call(
    T.Object({ id: T.String(), holder: T.Union([T.String(), T.Null()]) }),
    T.Object({ handedOver: T.Boolean() }),
    quick,
  ),
  journalList: call(T.Object({ key: T.String() }), Json<FlowRecord[]>('array'), quick),
  journalShow: call(T.Object({ id: T.String() }), T.Object({ flow: T.Optional(Json<FlowRecord>('object')) }), quick),
};

export type JournalMethods = typeof journalMethods;

/** The journal that nova-conductor keeps, seen from another daemon. */
export function rpcJournal(conductor: RpcClient<JournalMethods>): FlowJournal {
  return {
    claim: (request) =>
      conductor.journalClaim({ ...request, flows: [...request.flows], holding: [...request.holding] }),
    releaseFormer: async (owner, bootId) => void (await conductor.journalReleaseFormer({ owner, bootId })),
    release: async (leases) => void (await conductor.journalRelease({ leases: [...leases] })),
    renew: (leases, leaseMs) => conductor.journalRenew({ leases: [...leases], leaseMs }),
    stepStarted: (entry) => conductor.journalStepStarted(entry),
    stepDone: (entry) => conductor.journalStepDone(entry),
    stepFailed: (entry) => conductor.journalStepFailed(entry),
    undoing: (entry) => conductor.journalUndoing(entry),
    stepUndone: (entry) => conductor.journalStepUndone(entry),
    finish: (entry) => conductor.journalFinish(entry),
    cancel: (target, reason) => conductor.journalCancel({ ...target, reason }),
    handOver: async (id, holder) => (await conductor.journalHandOver({ id, holder })).handedOver,
    list: (key) => conductor.journalList({ key }),
    show: async (id) => (await conductor.journalShow({ id })).flow,
  };
}

/** The other side: a journal with a database behind it, offered to others. */
export function journalHandlers(journal: FlowJournal): RpcHandlers<JournalMethods> {
  return {
    journalClaim: (request) => journal.claim(request),
    journalReleaseFormer: async ({ owner, bootId }) => {
      await journal.releaseFormer(owner, bootId);
      return {};
    },
    journalRelease: async ({ leases }) => {
      await journal.release(leases);
      return {};
    },
    journalRenew: ({ leases, leaseMs }) => journal.renew(leases, leaseMs),
    journalStepStarted: (entry) => journal.stepStarted(entry),
    journalStepDone: (entry) => journal.stepDone(entry),
    journalStepFailed: (entry) => journal.stepFailed(entry),
    journalUndoing: (entry) => journal.undoing(entry),
    journalStepUndone: (entry) => journal.stepUndone(entry),
    journalFinish: (entry) => journal.finish(entry),
    journalCancel: ({ reason, ...target }) => journal.cancel(target, reason),
    journalHandOver: async ({ id, holder }) => ({ handedOver: await journal.handOver(id, holder) }),
    journalList: ({ key }) => journal.list(key),
    journalShow: async ({ id }) => ({ flow: await journal.show(id) }),
  };
}
