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
