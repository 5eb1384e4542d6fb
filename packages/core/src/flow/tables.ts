import { addIndex, migration } from '../db/index.ts';
import type { FlowState, StepState } from './journal.ts';

/** One flow. JSON columns hold text; times are core/db's. */
export interface FlowRow {
  id: string;
  name: string;
  version: number;
  /** What it is about (a server's id), for cancelling and listing. */
  flow_key: string | null;
  input: string;
  state: FlowState;
  /** The host that must run it; null: anyone may. */
  holder: string | null;
  /** `${host}:${daemon}` and the boot of the process that works on it. */
  lease_owner: string | null;
  lease_boot: string | null;
  /** Rises whenever the lease changes hands: older ones are refused. */
  lease_epoch: number;
  lease_expires_at: string | null;
  /** The number of the last write under this epoch: one that comes again, or late, is passed over. */
  write_seq: number;
  cancel_reason: string | null;
  failure: string | null;
  traceparent: string | null;
  context: string | null;
  created_at: string;
  updated_at: string;
}

export interface FlowStepRow {
  flow_id: string;
  name: string;
  state: StepState;
  result: string | null;
  failure: string | null;
  started_at: string;
  updated_at: string;
}

/** To be part of a service's schema: `interface Schema extends FlowTables { … }`. */
export interface FlowTables {
  flows: FlowRow;
  flow_steps: FlowStepRow;
}

/** Creates `flows` and `flow_steps`; goes into the service's list of migrations. */
export const flowMigration = migration('0001-flows', async (schema, columns) => {
  await schema
    .createTable('flows')
    .addColumn('id', columns.id(), (column) => column.primaryKey())
    .addColumn('name', columns.string(), (column) => column.notNull())
    .addColumn('version', columns.int(), (column) => column.notNull())
    .addColumn('flow_key', columns.string())
    .addColumn('input', columns.json(), (column) => column.notNull())
    .addColumn('state', columns.string(16), (column) => column.notNull())
    .addColumn('holder', columns.string())
    .addColumn('lease_owner', columns.string())
    .addColumn('lease_boot', columns.string(64))
    .addColumn('lease_epoch', columns.int(), (column) => column.notNull())
    .addColumn('lease_expires_at', columns.time())
    .addColumn('write_seq', columns.int(), (column) => column.notNull())
    .addColumn('cancel_reason', columns.text())
    .addColumn('failure', columns.json())
    .addColumn('traceparent', columns.string(64))
    .addColumn('context', columns.json())
    .addColumn('created_at', columns.time(), (column) => column.notNull())
    .addColumn('updated_at', columns.time(), (column) => column.notNull())
    .execute();
  await addIndex(schema, 'flows', ['state', 'created_at']);
  await addIndex(schema, 'flows', ['flow_key', 'created_at']);
  await schema
    .createTable('flow_steps')
    .addColumn('flow_id', columns.id(), (column) => column.notNull().references('flows.id').onDelete('cascade'))
    .addColumn('name', columns.string(), (column) => column.notNull())
    .addColumn('state', columns.string(16), (column) => column.notNull())
    .addColumn('result', columns.json())
    .addColumn('failure', columns.json())
    .addColumn('started_at', columns.time(), (column) => column.notNull())
    .addColumn('updated_at', columns.time(), (column) => column.notNull())
    .addPrimaryKeyConstraint('flow_steps_pk', ['flow_id', 'name'])
    .execute();
});
