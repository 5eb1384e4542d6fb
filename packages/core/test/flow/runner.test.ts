import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, openDatabase } from '../../src/db/index.ts';
import { DriverError } from '../../src/errors/index.ts';
import {
  dbJournal,
  type FlowJournal,
  type FlowTables,
  flow,
  flowLost,
  flowMigration,
  flowRunner,
  flows,
} from '../../src/flow/index.ts';
import { silentLogger } from '../../src/log/index.ts';
import { until } from '../../src/testing/until.ts';

const log = silentLogger;
const open = (url = 'sqlite::memory:'): Promise<Db<FlowTables>> =>
  openDatabase<FlowTables>({ url, service: 'test', from: 'test', migrations: [flowMigration], log });

const stateOf = async (journal: FlowJournal, id: string) => (await journal.show(id))?.state;
const noop = { run: () => {} };

test('five steps on SQLite take less than 10 ms, and the input, results and hooks fit', async () => {
  const db = await open();
  const journal = dbJournal(db);
  const heard: unknown[] = [];
  const five = flow<{ factor: number }, { n: number }>('five', 1)
    .step('a', { run: ({ factor }, { n }) => n * factor })
    .step('b', { run: (_, __, { a }) => ({ a: [a] }) })
    .step('c', { run: (_, __, { b }) => b.a[0] })
    .step('d', noop)
    .step('e', { run: (_, __, { c }) => `${c}` })
    .onDone((_, __, { e }) => void heard.push(e));
  const bare = { ...five, done: undefined };
  const runner = flowRunner({
    journal,
    flows: [five, { ...bare, name: 'bare' }],
    deps: { factor: 2 },
    daemon: 'test',
    log,
  });
  await runner.start();
  await db.transaction((tx) => flows.start(tx, five, { n: 21 }));
  runner.nudge();
  await runner.idle();
  assert.deepEqual(heard, ['42']);
  const times: number[] = [];
  for (let n = 0; n < 100; n++) {
    const began = performance.now();
    await db.transaction((tx) => flows.start(tx, { ...bare, name: 'bare' }, { n }));
    runner.nudge();
    await runner.idle();
    times.push(performance.now() - began);
  }
  const median = times.sort((x, y) => x - y)[50]!;
  console.log(
    `5-step flow on SQLite in memory, start included: median ${median.toFixed(2)} ms, p95 ${times[95]!.toFixed(2)} ms`,
  );
  assert.ok(median < 10, `${median} ms`);
  await runner.stop();
  await db.close();
});

test('retryable errors are tried again as the policy says, undo until it succeeds, in reverse', async () => {
  const db = await open();
  const journal = dbJournal(db);
  const did: string[] = [];
  let undoFailures = 1;
  const flaky = flow<object, object>('flaky', 1)
    .step('first', { run: () => 1, undo: () => void did.push('undo first') })
    .step('second', {
      retry: { times: 2, delayMs: 1 },
      run: (_, __, ___, { attempt }) => {
        did.push(`second ${attempt}`);
        throw new DriverError('busy', { retryable: true });
      },
      undo: (_, __, { first, second }) => {
        did.push(`undo second ${first} ${second}`);
        if (undoFailures-- > 0) throw new Error('cannot undo yet');
      },
    })
    .step('third', { run: () => {}, undo: () => void did.push('undo third') })
    .onFailed((_, __, { step, message, kind }) => void did.push(`failed ${step} ${message} ${kind}`));
  const runner = flowRunner({ journal, flows: [flaky], deps: {}, daemon: 'test', log });
  const id = await flows.start(db.q, flaky, {});
  await runner.start();
  await runner.idle();
  assert.equal(await stateOf(journal, id), 'failed');
  assert.deepEqual(did, [
    'second 1',
    'second 2',
    'second 3',
    'undo second 1 undefined',
    'undo second 1 undefined',
    'undo first',
    'failed second busy driver',
  ]);
  await runner.stop();
  await db.close();
});

test('a step past its time is aborted and undone', async () => {
  const db = await open();
  const journal = dbJournal(db);
  const slow = flow<object, object>('slow', 1).step('one', {
    timeoutMs: 20,
    run: (_, __, ___, { signal }) => sleep(60_000, undefined, { signal }),
  });
  const runner = flowRunner({ journal, flows: [slow], deps: {}, daemon: 'test', log });
  const id = await flows.start(db.q, slow, {});
  await runner.start();
  await runner.idle();
  assert.equal((await journal.show(id))?.failure?.code, 'StepTimeout');
  await runner.stop();
  await db.close();
});

/** A flow whose only step waits until its signal aborts or `release` is called. */
function waiting() {
  const state = { running: 0, aborted: 0, undone: 0, release: () => {} };
  const definition = flow<object, object>('waiting', 1).step('wait', {
    run: (_, __, ___, { signal }) =>
      new Promise<void>((resolve, reject) => {
        state.running++;
        state.release = resolve;
        signal.addEventListener('abort', () => {
          state.aborted++;
          reject(signal.reason);
        });
      }),
    undo: () => void state.undone++,
  });
  return { state, definition };
}

test('cancel aborts the step that runs and undoes; through the journal of another process it needs a nudge', async () => {
  const db = await open();
  const journal = dbJournal(db);
  const { state, definition } = waiting();
  const runner = flowRunner({ journal, flows: [definition], deps: {}, daemon: 'test', log });
  await runner.start();
  const start = async (key: string) => {
    const id = await flows.start(db.q, definition, {}, { key });
    const before = state.running;
    runner.nudge();
    await until(() => state.running > before, 10_000);
    return id;
  };
  const first = await start('server-1');
  assert.equal(await runner.cancel(first, 'deleted'), true);
  await runner.idle();
  const record = await journal.show(first);
  assert.deepEqual(
    [record?.state, record?.failure?.cancelled, record?.failure?.params.reason],
    ['failed', true, 'deleted'],
  );
  assert.equal(await runner.cancel(first, 'deleted'), false);
  const second = await start('server-2');
  assert.deepEqual(await journal.cancel({ key: 'server-2' }, 'deleted'), [second]);
  runner.nudge(second);
  await runner.idle();
  assert.deepEqual([await stateOf(journal, second), state.undone, state.aborted], ['failed', 2, 2]);
  await runner.stop();
  const third = await flows.start(db.q, definition, {}, { key: 'server-3' });
  await journal.cancel({ key: 'server-3' }, 'never begun');
  const later = flowRunner({ journal, flows: [definition], deps: {}, daemon: 'test', log });
  await later.start();
  await later.idle();
  assert.deepEqual([await stateOf(journal, third), state.running], ['failed', 2]);
  await later.stop();
  await db.close();
});

test('a flow handed over is fenced: the old host aborts, writes nothing and undoes nothing; the new one runs it', async () => {
  const db = await open();
  const journal = dbJournal(db);
  const [old, fresh] = [waiting(), waiting()];
  const make = (holder: string, definition: typeof old.definition) =>
    flowRunner({ journal, flows: [definition], deps: {}, daemon: 'nova-compute', holder, leaseMs: 60, log });
  const [one, two] = [make('host-1', old.definition), make('host-2', fresh.definition)];
  await one.start();
  await two.start();
  const id = await flows.start(db.q, old.definition, {}, { holder: 'host-1' });
  two.nudge();
  one.nudge();
  await until(() => old.state.running === 1, 10_000);
  const epoch = (await journal.show(id))!.epoch;
  assert.equal(await journal.handOver(id, 'host-2'), true);
  const stale = { id, epoch, seq: 99, leaseMs: 1000, step: 'wait', result: 1, finish: true };
  await assert.rejects(journal.stepDone(stale), (error) => flowLost.is(error));
  await one.idle();
  assert.deepEqual([old.state.aborted, old.state.undone, fresh.state.running], [1, 0, 0]);
  two.nudge();
  await until(() => fresh.state.running === 1, 10_000);
  fresh.state.release();
  await two.idle();
  assert.equal(await stateOf(journal, id), 'done');
  assert.equal(await journal.handOver(id, 'host-1'), false);
  await one.stop();
  await two.stop();
  await db.close();
});

test('a journal entry that comes again, or late, changes nothing', async () => {
  const db = await open();
  const journal = dbJournal(db);
  const { definition } = waiting();
  const id = await flows.start(db.q, definition, {});
  const request = {
    owner: 'a:b',
    bootId: '1',
    holder: null,
    flows: [definition],
    holding: [],
    limit: 9,
    leaseMs: 10_000,
  };
  const [claimed] = await journal.claim(request);
  const lease = { id, epoch: claimed!.epoch, leaseMs: 10_000 };
  await journal.stepStarted({ ...lease, seq: 1, step: 'wait' });
  await journal.stepDone({ ...lease, seq: 2, step: 'wait', result: 'r' });
  await journal.stepStarted({ ...lease, seq: 1, step: 'wait' });
  await journal.stepDone({ ...lease, seq: 2, step: 'wait', result: 'other' });
  assert.deepEqual((await journal.show(id))?.steps, [{ name: 'wait', state: 'done', result: 'r' }]);
  assert.deepEqual(await journal.claim({ ...request, bootId: '2' }), [], 'the lease of another process is respected');
  assert.deepEqual(await journal.claim({ ...request, holding: [id] }), []);
  assert.equal((await journal.claim(request)).length, 1, 'an answer to claim that was lost is given again');
  await journal.finish({ ...lease, epoch: lease.epoch + 1, seq: 1, state: 'done' });
  await journal.finish({ ...lease, epoch: lease.epoch + 1, seq: 1, state: 'done' });
  assert.equal(await stateOf(journal, id), 'done');
  await db.close();
});

test('stop frees the leases without undoing; another host then goes on at once, and after a lease ran out', async () => {
  const db = await open();
  const journal = dbJournal(db);
  const { state, definition } = waiting();
  const options = { journal, flows: [definition], deps: {}, daemon: 'nova-conductor', log, pollMs: 20, leaseMs: 300 };
  const one = flowRunner({ ...options, host: 'host-1' });
  const id = await flows.start(db.q, definition, {});
  await one.start();
  await until(() => state.running === 1, 10_000);
  await one.stop({ graceMs: 1 });
  assert.deepEqual([await stateOf(journal, id), state.undone], ['running', 0]);
  const request = {
    owner: 'dead:d',
    bootId: '1',
    holder: null,
    flows: [definition],
    holding: [],
    limit: 9,
    leaseMs: 300,
  };
  assert.equal((await journal.claim(request)).length, 1);
  const began = performance.now();
  const two = flowRunner({ ...options, host: 'host-2' });
  await two.start();
  await until(() => state.running === 2, 10_000);
  const afterMs = performance.now() - began;
  assert.ok(afterMs > 200 && afterMs < 1_000, `${afterMs} ms`);
  state.release();
  await two.idle();
  await two.stop();
  await db.close();
});

test('a process killed with SIGKILL: its restart goes on at once, without waiting for the lease', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kumo-flow-'));
  const url = `sqlite:${join(directory, 'flows.db')}`;
  const trail = join(directory, 'trail');
  const program = new URL('killed-process.ts', import.meta.url).pathname;
  const spawnIt = (mode: string) =>
    spawn(process.execPath, [program, url, trail, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  const victim = spawnIt('hang');
  await once(victim.stdout, 'data');
  victim.kill('SIGKILL');
  await once(victim, 'exit');
  await appendFile(trail, 'killed\n');
  const [words] = await once(spawnIt('finish').stdout, 'data');
  const adoptedMs = Number(/finished in (\d+) ms/.exec(String(words))?.[1]);
  console.log(`adopted and finished ${adoptedMs} ms after the start of the new runner (lease 15,000 ms)`);
  assert.ok(adoptedMs < 500, String(words));
  assert.equal(await readFile(trail, 'utf8'), 'first\nsecond\nkilled\nsecond\n');
  await rm(directory, { recursive: true });
});
