import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterCommit, type Db } from '../../src/db/index.ts';
import { unavailable } from '../../src/errors/index.ts';
import { renderPrometheus } from '../../src/telemetry/index.ts';
import { until } from '../../src/testing/until.ts';
import { onEachDatabase, openTest } from './dialects.ts';
import { type TestTables, testMigrations, thing } from './schema.ts';

const away = () => unavailable({ message: 'away' }, { retryable: true });

onEachDatabase('after the commit', (subject) => {
  let db: Db<TestTables>;
  let sent: string[];
  before(async () => {
    db = await openTest<TestTables>(subject.newUrl(), testMigrations);
  });
  after(() => db.close());
  beforeEach(async () => {
    sent = [];
    await db.q.deleteFrom('things').execute();
  });
  const note = (name: string) => ({ name, send: async () => void sent.push(name) });
  const count = async () => (await db.q.selectFrom('things').select('id').execute()).length;

  test('a message is sent when its change can be seen, and no sooner', async () => {
    let seen: number | undefined;
    await db.transaction(async (tx) => {
      afterCommit(tx, {
        name: 'look',
        send: async () => {
          seen = await count();
        },
      });
      await tx.insertInto('things').values(thing('a')).execute();
      assert.equal(seen, undefined);
    });
    await until(() => seen !== undefined);
    assert.equal(seen, 1);
  });

  test('nothing is sent of a transaction that is rolled back', async () => {
    const failed = db.transaction(async (tx) => {
      await tx.insertInto('things').values(thing('a')).execute();
      afterCommit(tx, note('never'));
      throw new Error('no');
    });
    await assert.rejects(failed, /^Error: no$/);
    await assert.rejects(
      db.transaction(async (tx) => {
        afterCommit(tx, note('never'));
        await tx
          .insertInto('things')
          .values([thing('b'), thing('b')])
          .execute();
      }),
    );
    await sleep(20);
    assert.deepEqual(sent, []);
  });

  test('a transaction neither waits for a message that hangs nor fails with it', async () => {
    const { promise: forever, resolve } = Promise.withResolvers<void>();
    const began = performance.now();
    await db.transaction(async (tx) => {
      await tx.insertInto('things').values(thing('a')).execute();
      afterCommit(tx, { name: 'hangs', send: () => forever });
      afterCommit(tx, {
        name: 'throws',
        send: () => {
          throw new Error('at once');
        },
      });
      afterCommit(tx, note('good'));
    });
    assert.ok(performance.now() - began < 2_000);
    assert.equal(await count(), 1);
    await until(() => sent.includes('good'));
    resolve();
  });

  test('a message that is not taken is repeated; one that is refused for good is not', async () => {
    let attempts = 0;
    let refusals = 0;
    await db.transaction(async (tx) => {
      await tx.insertInto('things').values(thing('a')).execute();
      afterCommit(tx, {
        name: 'patient',
        send: async () => {
          attempts += 1;
          if (attempts < 3) throw away();
        },
      });
      afterCommit(tx, {
        name: 'wrong',
        send: async () => {
          refusals += 1;
          throw new Error('this can never be sent');
        },
      });
    });
    await until(() => attempts === 3);
    await sleep(50);
    assert.deepEqual([attempts, refusals], [3, 1]);
    const metrics = await renderPrometheus();
    for (const outcome of ['sent', 'repeated', 'dropped'])
      assert.match(metrics, new RegExp(`kumo_outbox_messages_total\\{service="test",outcome="${outcome}"\\} [1-9]`));
  });

  test('many that hang do not keep those that follow from being sent once the way is free', async () => {
    let isAway = true;
    let taken = 0;
    const send = async () => {
      while (isAway) await sleep(5);
      taken += 1;
    };
    await db.transaction(async (tx) => {
      for (let i = 0; i < 500; i++) afterCommit(tx, { name: 'one of many', send });
    });
    await sleep(20);
    assert.equal(taken, 0);
    isAway = false;
    await until(() => taken === 500);
  });

  test('it goes on as what it was posted in, and may use the database', async () => {
    const request = new AsyncLocalStorage<string>();
    let inside: string | undefined;
    let rows: number | undefined;
    await request.run('req-1', () =>
      db.transaction(async (tx) => {
        await tx.insertInto('things').values(thing('a')).execute();
        afterCommit(tx, {
          name: 'context',
          send: async () => {
            rows = await count();
            inside = request.getStore();
          },
        });
      }),
    );
    await until(() => inside !== undefined);
    assert.deepEqual([inside, rows], ['req-1', 1]);
  });

  test('a message that follows no open transaction is a mistake of the code', async () => {
    assert.throws(() => afterCommit(db.q, note('never')), /none that is open/);
    let kept: Parameters<typeof afterCommit>[0] | undefined;
    await db.transaction(async (tx) => {
      kept = tx;
    });
    assert.throws(() => afterCommit(kept!, note('never')), /none that is open/);
    db.post(note('posted'));
    assert.deepEqual(sent, ['posted']);
  });

  test('closing waits a second at most, and ends the repetitions', async () => {
    const other = await openTest<TestTables>(subject.newUrl(), testMigrations);
    let attempts = 0;
    const forever = Promise.withResolvers<void>();
    other.post({ name: 'hangs', send: () => forever.promise });
    other.post({
      name: 'away',
      send: async () => {
        attempts += 1;
        throw away();
      },
    });
    const began = performance.now();
    await other.close();
    assert.ok(performance.now() - began < 3_000);
    const before = attempts;
    await sleep(600);
    assert.equal(attempts, before);
    forever.resolve();
  });
});
