import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { type Db, databaseFull, databaseUnwritable, lease } from '../../src/db/index.ts';
import { KumoError } from '../../src/errors/index.ts';
import { startMariadb, startPostgres } from '../../src/testing/databases.ts';
import { noSmallDisk, type SmallDisk, smallDisk } from '../../src/testing/small-disk.ts';
import { openTest } from './dialects.ts';
import { type TestTables, testMigrations, thing } from './schema.ts';

/** In a row of its page: MariaDB 10.11 itself ends when there is no room for a value that lies outside of it. */
const notes = 'x'.repeat(3_000);
const skip = (program: string) => noSmallDisk || (existsSync(program) ? false : `${program} is not installed`);

test('SQLite', { skip: noSmallDisk }, async () => {
  using disk = smallDisk(8);
  await fullAndFreed(disk, `sqlite:${join(disk.path, 'test.db')}`);
});

test('SQLite on a disk that became read-only', { skip: noSmallDisk }, async () => {
  using disk = smallDisk(8);
  const db = await openTest<TestTables>(`sqlite:${join(disk.path, 'test.db')}`, testMigrations);
  await db.q.insertInto('things').values(thing('before')).execute();
  // Lazily read-only, as a kernel does it after a disk's error: files stay open. A limit on their size does the same here.
  execFileSync('prlimit', [`--pid=${process.pid}`, '--fsize=1:unlimited']);
  const ignored = () => {};
  process.on('SIGXFSZ', ignored);
  try {
    await assert.rejects(db.q.insertInto('things').values(thing('meanwhile')).execute(), isAbout(databaseUnwritable));
    assert.equal((await db.q.selectFrom('things').select('id').execute()).length, 1);
  } finally {
    execFileSync('prlimit', [`--pid=${process.pid}`, '--fsize=unlimited:unlimited']);
    process.off('SIGXFSZ', ignored);
  }
  await db.q.insertInto('things').values(thing('after')).execute();
  await db.close();
});

describe('servers', () => {
  test('MariaDB', { skip: skip('/usr/sbin/mariadbd') }, async () => {
    // The tables' disk: with no room for its own files the server ends itself, which is `databaseUnavailable`.
    using disk = smallDisk(32);
    const server = await startMariadb();
    try {
      const admin = await createConnection(server.url('mysql'));
      const [rows] = await admin.query('select @@datadir as directory');
      const [{ directory }] = rows as [{ directory: string }];
      await admin.end();
      const tables = join(disk.path, 'filled');
      mkdirSync(tables);
      execFileSync('chown', ['mysql', tables]);
      symlinkSync(tables, join(directory, 'filled'));
      await fullAndFreed(disk, server.url('filled'));
    } finally {
      await server.stop();
    }
  });

  test('PostgreSQL', { skip: skip('/usr/lib/postgresql') }, async () => {
    // The tables' disk; a full disk of the log that is written ahead stops the server itself, which is `databaseUnavailable`.
    using disk = smallDisk(32);
    const server = await startPostgres();
    try {
      execFileSync('chown', ['postgres', disk.path]);
      const admin = new pg.Client({ connectionString: server.url('postgres') });
      await admin.connect();
      await admin.query(`create tablespace small location '${disk.path}'`);
      await admin.query("create database filled lc_collate 'C' lc_ctype 'C' template template0 tablespace small");
      await admin.end();
      await fullAndFreed(disk, server.url('filled'));
    } finally {
      await server.stop();
    }
  });
});

async function fullAndFreed(disk: SmallDisk, url: string): Promise<void> {
  const db = await openTest<TestTables>(url, testMigrations);
  try {
    await insert(db, 'before');
    disk.fill();
    const answered = ['before'];
    const refused: string[] = [];
    let error: unknown;
    // Until what was allocated before is used up; then some more, one after the other and at once.
    for (let i = 0; i < 5_000 && refused.length < 5; i++) {
      const id = `full-${i}`;
      await insert(db, id).then(
        () => answered.push(id),
        (cause) => {
          refused.push(id);
          error = cause;
        },
      );
    }
    assert.ok(isAbout(databaseFull)(error), String(error));
    const many = Array.from({ length: 30 }, (_, i) => `many-${i}`);
    const outcomes = await Promise.allSettled(many.map((id) => insert(db, id)));
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') answered.push(many[i]!);
      else assert.ok(isAbout(databaseFull)(outcome.reason), String(outcome.reason));
    }
    // A transaction does all or nothing, and the connection is of use afterwards.
    const outcome = await db
      .transaction(async (tx) => {
        for (let i = 0; i < 40; i++)
          await tx
            .insertInto('things')
            .values(thing(`tx-${i}`, { notes }))
            .execute();
      })
      .catch((cause) => cause);
    assert.ok(isAbout(databaseFull)(outcome), String(outcome));
    const began = performance.now();
    assert.deepEqual(await ids(db), answered.sort());
    assert.ok(performance.now() - began < 1_000, 'reads do not wait');

    disk.free();
    const freedAt = performance.now();
    for (;;) {
      if (await insert(db, 'after').then(() => true, isNot(databaseFull))) break;
      assert.ok(performance.now() - freedAt < 5_000, 'writing works again within 5 s');
      await sleep(50);
    }
    assert.ok(await lease(db, 'one', 'me', 1_000));
    assert.deepEqual(await ids(db), [...answered, 'after'].sort());
  } finally {
    await db.close();
  }
}

const insert = (db: Db<TestTables>, id: string) => db.q.insertInto('things').values(thing(id, { notes })).execute();

async function ids(db: Db<TestTables>): Promise<string[]> {
  return (await db.q.selectFrom('things').select('id').execute()).map(({ id }) => id).sort();
}

/** The error tells users what is wrong, and when to ask again. */
function isAbout(definition: typeof databaseFull): (error: unknown) => boolean {
  return (error) =>
    definition.is(error) &&
    error instanceof KumoError &&
    error.retryable &&
    error.headers['Retry-After'] === '30' &&
    /disk/.test(error.message);
}

function isNot(definition: typeof databaseFull): (error: unknown) => false {
  return (error) => {
    if (!definition.is(error)) throw error;
    return false;
  };
}
