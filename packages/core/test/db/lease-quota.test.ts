import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, lease } from '../../src/db/index.ts';
import { defineError } from '../../src/errors/index.ts';
import { type QuotaTables, quotaMigration, quotas } from '../../src/quota/index.ts';
import { onEachDatabase, openTest } from './dialects.ts';
import { type TestTables, testMigrations } from './schema.ts';

interface Tables extends TestTables, QuotaTables {}
const quotaExceeded = defineError('overQuota', 'QuotaExceeded', 'Quota exceeded for {resource}');

onEachDatabase('leases and quota', (subject) => {
  let db: Db<Tables>;
  before(async () => {
    db = await openTest<Tables>(subject.newUrl(), [...testMigrations, quotaMigration]);
  });
  after(() => db.close());
  const quota = () =>
    quotas(db, {
      resources: { cores: 4, ram: -1, key_pairs: 1 },
      over: (excess, all) => quotaExceeded({ ...excess, count: all.length }),
    });
  const isOver = (resource: string, used: number) => (error: unknown) =>
    quotaExceeded.is(error) && error.params.resource === resource && error.params.used === used;

  test('of many who ask at once, one gets the lease; it changes hands when released or expired', async () => {
    const asked = await Promise.all(Array.from({ length: 8 }, (_, at) => lease(db, 'job', `host-${at}`, 60_000)));
    const held = asked.filter((one) => one !== undefined);
    assert.equal(held.length, 1);
    const first = held[0]!;
    assert.ok(first.isHeld() && (await first.renew()));
    await first.release();
    const next = (await lease(db, 'job', 'next', 200))!;
    assert.ok(next.epoch > first.epoch);
    assert.equal(await first.renew(), false, 'whoever lost it cannot renew it');
    await first.release();
    assert.equal(await lease(db, 'job', 'other', 1000), undefined, 'nor release it');
    await sleep(250);
    assert.equal(next.isHeld(), false);
    const taken = (await lease(db, 'job', 'other', 60_000))!;
    assert.equal(taken.epoch, next.epoch + 1);
    assert.equal(await next.renew(), false);
    const again = (await lease(db, 'job', 'other', 60_000))!;
    assert.equal(again.epoch, taken.epoch + 1, 'the same holder, started anew, has it at once');
  });

  test('charges up to the limit, counts with the transaction, and names what does not fit', async () => {
    const q = quota();
    await db.transaction((tx) => q.charge(tx, 'p', { cores: 3, ram: 1000 }));
    await assert.rejects(
      db.transaction((tx) => q.charge(tx, 'p', { cores: 2, ram: 1 })),
      isOver('cores', 3),
    );
    const undone = db.transaction(async (tx) => {
      await q.charge(tx, 'p', { cores: 1 });
      throw new Error('undone');
    });
    await assert.rejects(undone, /undone/);
    assert.deepEqual(await q.usage('p'), { cores: 3, ram: 1000, key_pairs: 0 });
    await db.transaction((tx) => q.refund(tx, 'p', { cores: 9 }));
    await db.transaction((tx) => q.recount(tx, 'p', { ram: 5 }));
    assert.deepEqual(await q.usage('p'), { cores: 0, ram: 5, key_pairs: 0 });
  });

  test('of ten charges at once, as many get through as the limit allows', async () => {
    const q = quota();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => db.transaction((tx) => q.charge(tx, 'crowd', { cores: 1, ram: 1 }))),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 4);
    assert.equal((await q.usage('crowd')).cores, 4);
  });

  test('limits: the project’s, else the class’s, else the configured ones; users are counted apart', async () => {
    const q = quota();
    await q.setClassLimits({ cores: 6 });
    await q.setLimits('l', { ram: 10 });
    await q.setLimits('l', { ram: 20 });
    assert.deepEqual(await q.limits('l'), { cores: 6, ram: 20, key_pairs: 1 });
    assert.deepEqual(await q.classLimits(), { cores: 6, ram: -1, key_pairs: 1 });
    await q.deleteLimits('l');
    assert.equal((await q.limits('l')).ram, -1);
    const charge = (userId: string) => db.transaction((tx) => q.charge(tx, 'l', { key_pairs: 1 }, { userId }));
    await charge('ann');
    await charge('bob');
    await assert.rejects(charge('ann'), isOver('key_pairs', 1));
    assert.equal((await q.usage('l', { userId: 'ann' })).key_pairs, 1);
    const misspelt = { coers: 1 } as unknown as { cores: number };
    await assert.rejects(
      db.transaction((tx) => q.charge(tx, 'l', misspelt)),
      TypeError,
    );
  });
});
