import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { type Db, openDatabase, toIso } from '../../src/db/index.ts';
import { type FlowState, type FlowTables, flowMigration, flowPurge, purgeFlows } from '../../src/flow/index.ts';
import { silentLogger as log } from '../../src/log/index.ts';
import { databaseServer } from '../../src/testing/shared-servers.ts';

const DAY_MS = 24 * 3_600_000;
const databases = [
  ['SQLite', undefined, undefined],
  ['MariaDB', '/usr/sbin/mariadbd', 'mariadb'],
  ['PostgreSQL', '/usr/lib/postgresql', 'postgres'],
] as const;

/** A flow with two steps, as its runner would have left it. */
async function insert(db: Db<FlowTables>, id: string, state: FlowState, madeDays: number, changedDays: number) {
  const [created_at, updated_at] = [madeDays, changedDays].map((days) => toIso(Date.now() - days * DAY_MS));
  const none = { flow_key: null, holder: null, lease_owner: null, lease_boot: null, lease_expires_at: null };
  const more = { ...none, cancel_reason: null, failure: null, traceparent: null, context: null };
  const row = { id, name: 'f', version: 1, input: '{}', state, lease_epoch: 1, write_seq: 1, ...more };
  await db.q
    .insertInto('flows')
    .values({ ...row, created_at: created_at!, updated_at: updated_at! })
    .execute();
  for (const name of ['one', 'two']) {
    const step = { flow_id: id, name, state: 'done' as const, result: null, failure: null };
    await db.q
      .insertInto('flow_steps')
      .values({ ...step, started_at: updated_at!, updated_at: updated_at! })
      .execute();
  }
}

async function left(db: Db<FlowTables>): Promise<[string[], number]> {
  const flows = await db.q.selectFrom('flows').select('id').orderBy('id').execute();
  const steps = await db.q.selectFrom('flow_steps').select('flow_id').execute();
  return [flows.map(({ id }) => id), steps.length];
}

for (const [name, program, engine] of databases) {
  const skip = program === undefined || existsSync(program) ? false : `${name} is not installed`;
  test(`what ended long ago goes, with its steps, and nothing else; on ${name}`, { skip }, async (t) => {
    const server = engine && (await databaseServer(engine));
    t.after(() => server?.stop());
    const url = server?.url('flows') ?? 'sqlite::memory:';
    const options = { service: 'test', from: 'test', migrations: [flowMigration], log };
    const db = await openDatabase<FlowTables>({ url, ...options });
    t.after(() => db.close());
    for (let n = 0; n < 5; n++) await insert(db, `old-${n}`, n % 2 ? 'done' : 'failed', 9, 8);
    await insert(db, 'a-recent', 'done', 9, 6);
    await insert(db, 'b-running', 'running', 9, 9);
    await insert(db, 'c-undoing', 'undoing', 9, 9);
    assert.equal(await purgeFlows(db, 7 * DAY_MS, { batch: 2 }), 5);
    const kept = ['a-recent', 'b-running', 'c-undoing'];
    assert.deepEqual(await left(db), [kept, 6]);

    await insert(db, 'old-9', 'done', 9, 8);
    const loop = flowPurge(db, log);
    loop.start();
    await loop.idle();
    await loop.stop();
    assert.deepEqual(await left(db), [kept, 6]);
    assert.equal(await purgeFlows(db, 0), 1);
  });
}
