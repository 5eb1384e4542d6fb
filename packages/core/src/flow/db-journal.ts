import type { Kysely, Transaction, Updateable } from 'kysely';
import { type Db, nowIso, toIso } from '../db/index.ts';
import type { FlowFailure } from './definition.ts';
import {
  type ClaimedFlow,
  type ClaimRequest,
  type FlowJournal,
  type FlowRecord,
  flowLost,
  type JournaledStep,
  type LeaseStamp,
  type StepDone,
  type WriteAnswer,
} from './journal.ts';
import type { FlowRow, FlowStepRow, FlowTables } from './tables.ts';

type Tx = Transaction<FlowTables>;
type LeaseRef = { readonly id: string; readonly epoch: number };

const UNFINISHED = ['running', 'undoing'] as const;
const FREE = { lease_owner: null, lease_boot: null, lease_expires_at: null } as const;
const MAX_LISTED = 100;

/** The journal in a service's own database (tables of {@link flowMigration}). Leases run by this process's clock. */
export function dbJournal<Schema extends FlowTables>(db: Db<Schema>): FlowJournal {
  // Kysely's types are invariant: a schema with more tables is safe here, but no subtype.
  return new DbJournal(db as unknown as Db<FlowTables>);
}

class DbJournal implements FlowJournal {
  readonly #db: Db<FlowTables>;

  constructor(db: Db<FlowTables>) {
    this.#db = db;
  }

  async claim(request: ClaimRequest): Promise<ClaimedFlow[]> {
    const { owner, bootId, leaseMs } = request;
    const free = await this.#free(request);
    if (free.length === 0) return [];
    return this.#db.transaction(async (tx) => {
      const claimed: string[] = [];
      for (const { id, lease_epoch } of free) {
        const now = nowIso();
        // Whoever else wants it has seen the same epoch: only one of us raises it.
        const { numUpdatedRows } = await tx
          .updateTable('flows')
          .set({
            lease_owner: owner,
            lease_boot: bootId,
            lease_expires_at: inMs(leaseMs),
            write_seq: 0,
            updated_at: now,
          })
          .set((eb) => ({ lease_epoch: eb('lease_epoch', '+', 1) }))
          .where('id', '=', id)
          .where('lease_epoch', '=', lease_epoch)
          .where('state', 'in', UNFINISHED)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows > 0n) claimed.push(id);
      }
      return claimed.length > 0 ? readClaimed(tx, claimed) : [];
    });
  }

  async releaseFormer(owner: string, bootId: string): Promise<void> {
    await this.#db.q
      .updateTable('flows')
      .set(FREE)
      .set((eb) => ({ lease_epoch: eb('lease_epoch', '+', 1) }))
      .where('state', 'in', UNFINISHED)
      .where('lease_owner', '=', owner)
      .where('lease_boot', '<>', bootId)
      .execute();
  }

  async release(leases: readonly LeaseRef[]): Promise<void> {
    for (const { id, epoch } of leases) {
      await this.#db.q.updateTable('flows').set(FREE).where('id', '=', id).where('lease_epoch', '=', epoch).execute();
    }
  }

  async renew(leases: readonly LeaseRef[], leaseMs: number): Promise<{ id: string; held: boolean; cancel?: string }[]> {
    if (leases.length === 0) return [];
    const ids = leases.map(({ id }) => id);
    const rows = await this.#db.q
      .selectFrom('flows')
      .select(['id', 'lease_epoch', 'state', 'cancel_reason'])
      .where('id', 'in', ids)
      .where('state', 'in', UNFINISHED)
      .execute();
    const now = new Map(rows.map((row) => [row.id, row]));
    const held = leases.filter(({ id, epoch }) => now.get(id)?.lease_epoch === epoch);
    if (held.length > 0) {
      await this.#db.q
        .updateTable('flows')
        .set({ lease_expires_at: inMs(leaseMs) })
        .where((eb) => eb.or(held.map(({ id, epoch }) => eb.and([eb('id', '=', id), eb('lease_epoch', '=', epoch)]))))
        .execute();
    }
    return leases.map(({ id, epoch }) => {
      const row = now.get(id);
      return { id, held: row?.lease_epoch === epoch, cancel: row && cancelOf(row) };
    });
  }

  stepStarted(write: LeaseStamp & { step: string }): Promise<WriteAnswer> {
    return this.#write(write, {}, (tx) => begin(tx, write.id, write.step));
  }

  stepDone(write: StepDone): Promise<WriteAnswer> {
    return this.#write(write, {}, async (tx, cancel) => {
      const result = JSON.stringify(write.result ?? null);
      await changeStep(tx, write.id, write.step, { state: 'done', result, failure: null });
      if (cancel !== undefined) return;
      if (write.next !== undefined) await begin(tx, write.id, write.next);
      if (write.finish) await end(tx, write.id, 'done');
    });
  }

  stepFailed(write: LeaseStamp & { step: string; failure: FlowFailure }): Promise<WriteAnswer> {
    const failure = JSON.stringify(write.failure);
    return this.#write(write, {}, (tx) => changeStep(tx, write.id, write.step, { state: 'failed', failure }));
  }

  undoing(write: LeaseStamp & { failure: FlowFailure }): Promise<WriteAnswer> {
    return this.#write(write, { state: 'undoing', failure: JSON.stringify(write.failure) });
  }

  stepUndone(write: LeaseStamp & { step: string }): Promise<WriteAnswer> {
    return this.#write(write, {}, (tx) => changeStep(tx, write.id, write.step, { state: 'undone' }));
  }

  finish(write: LeaseStamp & { state: 'done' | 'failed' }): Promise<WriteAnswer> {
    return this.#write(write, {}, async (tx, cancel) => {
      if (write.state === 'failed' || cancel === undefined) await end(tx, write.id, write.state);
    });
  }

  cancel(target: { key?: string; id?: string }, reason: string): Promise<string[]> {
    const { key, id } = target;
    if (key === undefined && id === undefined) throw new TypeError('cancel needs a key or an id');
    return this.#db.transaction(async (tx) => {
      let update = tx.updateTable('flows').set({ cancel_reason: reason, updated_at: nowIso() });
      let select = tx.selectFrom('flows').select('id');
      if (id !== undefined) [update, select] = [update.where('id', '=', id), select.where('id', '=', id)];
      if (key !== undefined)
        [update, select] = [update.where('flow_key', '=', key), select.where('flow_key', '=', key)];
      await update.where('state', '=', 'running').where('cancel_reason', 'is', null).execute();
      const rows = await select.where('state', '=', 'running').orderBy('created_at').execute();
      return rows.map((row) => row.id);
    });
  }

  async handOver(id: string, holder: string | null): Promise<boolean> {
    const { numUpdatedRows } = await this.#db.q
      .updateTable('flows')
      .set({ ...FREE, holder, updated_at: nowIso() })
      .set((eb) => ({ lease_epoch: eb('lease_epoch', '+', 1) }))
      .where('id', '=', id)
      .where('state', 'in', UNFINISHED)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async list(key: string): Promise<FlowRecord[]> {
    const rows = await this.#db.q
      .selectFrom('flows')
      .selectAll()
      .where('flow_key', '=', key)
      .orderBy('created_at', 'desc')
      .limit(MAX_LISTED)
      .execute();
    return records(this.#db.q, rows);
  }

  async show(id: string): Promise<FlowRecord | undefined> {
    const rows = await this.#db.q.selectFrom('flows').selectAll().where('id', '=', id).execute();
    return (await records(this.#db.q, rows))[0];
  }

  #free(request: ClaimRequest): Promise<{ id: string; lease_epoch: number }[]> {
    const { owner, bootId, holder, flows, holding, limit } = request;
    if (flows.length === 0 || limit <= 0) return Promise.resolve([]);
    let query = this.#db.q
      .selectFrom('flows')
      .select(['id', 'lease_epoch'])
      .where('state', 'in', UNFINISHED)
      .where('holder', holder === null ? 'is' : '=', holder)
      .where((eb) =>
        eb.or(flows.map(({ name, version }) => eb.and([eb('name', '=', name), eb('version', '=', version)]))),
      )
      .where((eb) =>
        eb.or([
          eb('lease_owner', 'is', null),
          eb('lease_expires_at', '<', nowIso()),
          eb.and([eb('lease_owner', '=', owner), eb('lease_boot', '=', bootId)]),
        ]),
      );
    if (holding.length > 0) query = query.where('id', 'not in', holding);
    return query.orderBy('created_at').limit(limit).execute();
  }

  /** Refuses a lost lease, passes over a write that was made already, renews the lease, makes the write; in one transaction. */
  #write(
    stamp: LeaseStamp,
    change: Updateable<FlowRow>,
    more: (tx: Tx, cancel: string | undefined) => Promise<void> = async () => {},
  ): Promise<WriteAnswer> {
    const { id, epoch, seq, leaseMs } = stamp;
    return this.#db.transaction(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('flows')
        .set({ lease_expires_at: inMs(leaseMs), write_seq: seq, updated_at: nowIso(), ...change })
        .where('id', '=', id)
        .where('lease_epoch', '=', epoch)
        .where('write_seq', '<', seq)
        .where('state', 'in', UNFINISHED)
        .executeTakeFirstOrThrow();
      const row = await tx
        .selectFrom('flows')
        .select(['state', 'cancel_reason', 'lease_epoch', 'write_seq'])
        .where('id', '=', id)
        .executeTakeFirst();
      const isRepeated = row?.lease_epoch === epoch && row.write_seq >= seq;
      if (!row || !isRepeated) throw flowLost({ id });
      const cancel = cancelOf(row);
      if (numUpdatedRows > 0n) await more(tx, cancel);
      return { cancel };
    });
  }
}

function begin(tx: Tx, flowId: string, name: string): Promise<void> {
  const now = nowIso();
  const row: FlowStepRow = {
    flow_id: flowId,
    name,
    state: 'started',
    result: null,
    failure: null,
    started_at: now,
    updated_at: now,
  };
  return tx.insertInto('flow_steps').values(row).execute().then(ignore);
}

function changeStep(tx: Tx, flowId: string, name: string, change: Updateable<FlowStepRow>): Promise<void> {
  return tx
    .updateTable('flow_steps')
    .set({ ...change, updated_at: nowIso() })
    .where('flow_id', '=', flowId)
    .where('name', '=', name)
    .execute()
    .then(ignore);
}

function end(tx: Tx, id: string, state: 'done' | 'failed'): Promise<void> {
  return tx
    .updateTable('flows')
    .set({ ...FREE, state })
    .where('id', '=', id)
    .execute()
    .then(ignore);
}

async function readClaimed(tx: Tx, ids: readonly string[]): Promise<ClaimedFlow[]> {
  const rows = await tx.selectFrom('flows').selectAll().where('id', 'in', ids).orderBy('created_at').execute();
  const steps = await stepsOf(tx, ids);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    version: row.version,
    state: row.state as ClaimedFlow['state'],
    input: JSON.parse(row.input),
    epoch: row.lease_epoch,
    steps: steps.get(row.id) ?? [],
    failure: row.failure === null ? undefined : JSON.parse(row.failure),
    cancel: cancelOf(row),
    ctx: row.context === null ? undefined : JSON.parse(row.context),
    traceparent: row.traceparent ?? undefined,
  }));
}

async function stepsOf(q: Kysely<FlowTables>, ids: readonly string[]): Promise<Map<string, JournaledStep[]>> {
  const rows = await q.selectFrom('flow_steps').selectAll().where('flow_id', 'in', ids).orderBy('started_at').execute();
  const steps = new Map<string, JournaledStep[]>();
  for (const { flow_id, name, state, result } of rows) {
    const step: JournaledStep = result === null ? { name, state } : { name, state, result: JSON.parse(result) };
    steps.set(flow_id, [...(steps.get(flow_id) ?? []), step]);
  }
  return steps;
}

async function records(q: Kysely<FlowTables>, rows: readonly FlowRow[]): Promise<FlowRecord[]> {
  if (rows.length === 0) return [];
  const steps = await stepsOf(
    q,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    version: row.version,
    key: row.flow_key,
    state: row.state,
    holder: row.holder,
    leaseOwner: row.lease_owner,
    epoch: row.lease_epoch,
    failure: row.failure === null ? undefined : JSON.parse(row.failure),
    steps: steps.get(row.id) ?? [],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}

function cancelOf(row: Pick<FlowRow, 'state' | 'cancel_reason'>): string | undefined {
  return row.state === 'running' ? (row.cancel_reason ?? undefined) : undefined;
}

function inMs(ms: number): string {
  return toIso(Date.now() + ms);
}

function ignore(): void {}
