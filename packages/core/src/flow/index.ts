/**
 * Work in several steps that survives a crash.
 *
 * ```ts
 * export const serverCreate = flow<Deps, Input>('server.create', 1).step('placed', { run, undo?, timeoutMs?, retry? })….onFailed(fn)
 * const runner = flowRunner({ journal, deps, flows: [serverCreate], daemon: 'nova-api', holder?, host?, concurrency?, log });  // start(), stop(); adopts unfinished flows whose lease ran out
 * await flows.start(tx, serverCreate, input, { id?, key?: serverId, holder?: 'host-1' })      // in the caller's transaction; then runner.nudge()
 * ```
 * `FlowJournal` is an interface: `dbJournal(db)` keeps it in the service's tables `flows`/`flow_steps`; nova-compute
 * reaches the same through nova-conductor by RPC. `daemon` is part of the lease's owner: a daemon that starts again takes
 * over at once what it left. A lease carries an epoch: writes with an older epoch are refused (`flowLost`), which fences a
 * host whose flow was handed to another.
 * `flowPurge(db, log)` is a reconciler that removes flows which ended more than seven days ago (`purgeFlows(db,
 * olderThanMs)`); one daemon of every service with flows starts it.
 */

export { dbJournal } from './db-journal.ts';
export {
  type FlowBuilder,
  type FlowDefinition,
  type FlowFailure,
  flow,
  type RetryPolicy,
  type StepControls,
  type StepSpec,
} from './definition.ts';
export {
  type ClaimedFlow,
  type ClaimRequest,
  type FlowJournal,
  type FlowRecord,
  type FlowState,
  flowLost,
  type JournaledStep,
  type LeaseStamp,
  type StepDone,
  type StepState,
  type WriteAnswer,
} from './journal.ts';
export { flowLaws } from './laws.ts';
export { flowPurge, purgeFlows } from './purge.ts';
export { type FlowRunner, type FlowRunnerOptions, flowRunner } from './runner.ts';
export { flows, type StartOptions } from './start.ts';
export { type FlowRow, type FlowStepRow, type FlowTables, flowMigration } from './tables.ts';
