import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { commitUnknown } from '../../src/db/index.ts';
import { startMariadb, startPostgres, type TestServer } from '../../src/testing/databases.ts';
import { openTest } from './dialects.ts';
import { type TestTables, testMigrations, thing } from './schema.ts';

const suites = ['database', 'page', 'migration', 'lease-quota', 'outbox'].map(
  (name) => new URL(`./${name}.test.ts`, import.meta.url).pathname,
);

for (const [name, variable, start, isInstalled] of [
  ['MariaDB', 'KUMO_TEST_MYSQL_URL', startMariadb, existsSync('/usr/sbin/mariadbd')],
  ['PostgreSQL', 'KUMO_TEST_POSTGRES_URL', startPostgres, existsSync('/usr/lib/postgresql')],
] as const) {
  describe(`a private ${name}`, { skip: isInstalled ? false : `${name} is not installed` }, () => {
    test('passes the suites that SQLite passes', async () =>
      withServer(start, (server) => conformance(name, variable, server)));
    test('restarted: reads wait, transactions are run again, the pool recovers', async () =>
      withServer(start, restarted));
    test('cut off in COMMIT: the caller is told that nobody knows, and nothing is run twice', async () =>
      withServer(start, cutOffInCommit));
    test('killed: the same', async () => withServer(start, killed));
  });
}

async function withServer(
  start: () => Promise<TestServer>,
  body: (server: TestServer) => Promise<void>,
): Promise<void> {
  const server = await start();
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

async function conformance(name: string, variable: string, server: TestServer): Promise<void> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--test', '--test-concurrency=1', '--test-reporter=tap', `--test-name-pattern=${name}`, ...suites];
  const options = { env: { ...env, [variable]: server.url('any') }, maxBuffer: 16 << 20 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch((error: { stdout?: string }) => {
    throw new Error(
      `the suites fail on ${name}:\n${error.stdout
        ?.split('\n')
        .filter((line) => /not ok|error:|expected|actual/.test(line))
        .join('\n')}`,
      { cause: error },
    );
  });
  const passed = Number(/^# pass (\d+)/m.exec(stdout)?.[1]);
  assert.ok(passed > 20, `${passed} tests ran`);
}

async function restarted(server: TestServer): Promise<void> {
  const db = await openTest<TestTables>(server.url('faults'), testMigrations);
  await db.q.insertInto('things').values(thing('before')).execute();
  let runs = 0;
  await db.transaction(async (tx) => {
    runs += 1;
    await tx
      .insertInto('things')
      .values(thing(`run-${runs}`))
      .execute();
    if (runs === 1) await server.restart();
    await tx.insertInto('things').values(thing('after')).execute();
  });
  assert.equal(runs, 2);
  const ids = () => db.q.selectFrom('things').select('id').orderBy('id').execute();
  assert.deepEqual(
    (await ids()).map(({ id }) => id),
    ['after', 'before', 'run-2'],
  );
  await Promise.all([ids(), ids(), ids()]);
  const restarting = server.restart();
  for (let at = 0; at < 20; at += 1) {
    assert.equal((await ids()).length, 3);
    await sleep(20);
  }
  await restarting;
  await db.close();
}

async function killed(server: TestServer): Promise<void> {
  const db = await openTest<TestTables>(server.url('faults'), testMigrations);
  const read = () => db.q.selectFrom('things').selectAll().execute();
  await read();
  await server.kill();
  const back = sleep(1000).then(() => server.start());
  assert.deepEqual(await read(), []);
  await back;
  let runs = 0;
  let restarted: Promise<void> = Promise.resolve();
  const ended = db.transaction(async (tx) => {
    runs += 1;
    await tx.insertInto('things').values(thing('once')).execute();
    // The server dies between the last statement and COMMIT: the client only learns of it from COMMIT itself.
    if (runs === 1) {
      await server.kill();
      restarted = server.start();
      await sleep(0);
    }
  });
  // Whether COMMIT was still sent depends on who was faster; both answers are right, a silent loss is not.
  const outcome = await ended.then(
    () => 'committed',
    (error) => error,
  );
  const found = (await read()).length;
  if (outcome === 'committed') assert.equal(found, 1);
  else assert.ok(commitUnknown.is(outcome), String(outcome));
  await restarted;
  await db.close();
}

/** A proxy that passes a COMMIT on and then cuts the line before the answer: exactly the case that cannot be retried. */
async function cutOffInCommit(server: TestServer): Promise<void> {
  const direct = await openTest<TestTables>(server.url('cut'), testMigrations);
  let isArmed = false;
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    upstream.pipe(client);
    client.on('close', () => upstream.destroy());
    client.on('data', (bytes) => {
      upstream.write(bytes);
      if (!isArmed || !bytes.includes('commit')) return;
      isArmed = false;
      upstream.unpipe(client);
      setTimeout(() => client.destroy(), 50);
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const db = await openTest<TestTables>(server.url('cut').replace(`:${server.port}/`, `:${port}/`), testMigrations);
  let runs = 0;
  isArmed = true;
  const ended = db.transaction(async (tx) => {
    runs += 1;
    await tx.insertInto('things').values(thing('maybe')).execute();
  });
  await assert.rejects(ended, (error) => commitUnknown.is(error) && error.retryable);
  assert.equal(runs, 1);
  assert.equal((await direct.q.selectFrom('things').selectAll().execute()).length, 1, 'here it was made');
  assert.equal((await db.q.selectFrom('things').selectAll().execute()).length, 1, 'and the pool goes on');
  await db.close();
  await direct.close();
  proxy.close();
}
