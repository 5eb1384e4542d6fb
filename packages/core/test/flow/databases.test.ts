import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { openDatabase } from '../../src/db/index.ts';
import { dbJournal, type FlowTables, flow, flowLost, flowMigration, flowRunner, flows } from '../../src/flow/index.ts';
import { silentLogger as log } from '../../src/log/index.ts';
import { startMariadb, startPostgres, type TestServer } from '../../src/testing/databases.ts';

const servers = [
  ['MariaDB', '/usr/sbin/mariadbd', startMariadb],
  ['PostgreSQL', '/usr/lib/postgresql', startPostgres],
] as const;

for (const [name, program, start] of servers) {
  const skip = existsSync(program) ? false : `${name} is not installed`;
  test(`flows on ${name}, restarted between two steps`, { skip }, async (t) => {
    const server = await start();
    t.after(() => server.stop());
    await journeys(server);
  });
}

async function journeys(server: TestServer): Promise<void> {
  const options = { service: 'test', from: 'test', migrations: [flowMigration], log };
  const db = await openDatabase<FlowTables>({ url: server.url('flows'), ...options });
  const journal = dbJournal(db);
  const undone: string[] = [];
  const definition = flow<object, { fails: boolean }>('journey', 1)
    .step('one', { run: () => ({ text: 'ä'.repeat(70_000) }), undo: () => void undone.push('one') })
    .step('two', {
      run: async (_, { fails }, { one }) => {
        if (fails) throw new Error('as it should');
        await server.restart();
        return one.text.length;
      },
      undo: (_, __, { two }) => void undone.push(`two ${two}`),
    })
    .step('three', { run: (_, __, { two }) => two + 1 });
  const runner = flowRunner({ journal, flows: [definition], deps: {}, daemon: 'test', log });
  await runner.start();
  const ids: string[] = [];
  for (const fails of [false, true]) {
    ids.push(await db.transaction((tx) => flows.start(tx, definition, { fails }, { key: 'k' })));
    runner.nudge();
    await runner.idle();
  }
  const [done, failed] = [await journal.show(ids[0]!), await journal.show(ids[1]!)];
  assert.deepEqual([done?.state, done?.steps[2]?.result, failed?.state], ['done', 70_001, 'failed']);
  assert.deepEqual(undone, ['two undefined', 'one']);
  assert.equal((await journal.list('k')).length, 2);
  await runner.stop();

  const id = await flows.start(db.q, definition, { fails: false });
  const request = {
    owner: 'a:b',
    bootId: '1',
    holder: null,
    flows: [definition],
    holding: [],
    limit: 9,
    leaseMs: 60_000,
  };
  const [claims, others] = await Promise.all([journal.claim(request), journal.claim({ ...request, owner: 'c:d' })]);
  assert.equal(claims.length + others.length, 1, 'only one of two that claim at the same moment gets it');
  const lease = { id, epoch: [...claims, ...others][0]!.epoch, leaseMs: 60_000 };
  await journal.stepStarted({ ...lease, seq: 1, step: 'one' });
  await journal.stepStarted({ ...lease, seq: 1, step: 'one' });
  assert.deepEqual(await journal.renew([lease], 60_000), [{ id, held: true, cancel: undefined }]);
  assert.deepEqual(await journal.cancel({ id }, 'enough'), [id]);
  assert.deepEqual(await journal.stepDone({ ...lease, seq: 2, step: 'one', result: 1, finish: true }), {
    cancel: 'enough',
  });
  assert.equal(await journal.handOver(id, 'host-2'), true);
  await assert.rejects(journal.finish({ ...lease, seq: 3, state: 'failed' }), (error) => flowLost.is(error));
  await db.close();
}
