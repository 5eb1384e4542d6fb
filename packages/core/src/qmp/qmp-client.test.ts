import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DriverError } from '../errors/index.ts';
import { QmpClient, QmpError } from './index.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kumo-qmp-'));
});
after(() => rm(directory, { recursive: true, force: true }));

const greeting = '{"QMP": {"version": {}, "capabilities": ["oob"]}}\r\n';

/** A peer that greets and answers each line by `answer`. */
async function peer(
  name: string,
  answer: (command: { execute: string; id: number }, socket: Socket) => void,
  hello = greeting,
) {
  const path = join(directory, name);
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(hello);
    socket.on('data', (data) => {
      for (const line of data.toString().split('\n').filter(Boolean)) answer(JSON.parse(line), socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, [Symbol.dispose]: () => server.close() };
}

test('commands get their own answers, also out of order and cut anywhere', async () => {
  const held: { execute: string; id: number }[] = [];
  using server = await peer('order', (command, socket) => {
    if (command.execute === 'qmp_capabilities') return socket.write(`{"return": {}, "id": ${command.id}}\r\n`);
    held.push(command);
    if (held.length < 2) return;
    const text = held
      .reverse()
      .map(({ execute, id }) => `{"return": "${execute}", "id": ${id}}\n`)
      .join('');
    socket.write(text.slice(0, 7));
    setTimeout(() => socket.write(text.slice(7)), 5);
  });
  await using client = await QmpClient.connect(server.path);
  assert.deepEqual(await Promise.all([client.execute('a'), client.execute('b')]), ['a', 'b']);
});

test('an error reply is a QmpError with its class', async () => {
  using server = await peer('error', ({ execute, id }, socket) =>
    socket.write(
      execute === 'qmp_capabilities'
        ? `{"return": {}, "id": ${id}}\n`
        : `{"error": {"class": "CommandNotFound", "desc": "no such"}, "id": ${id}}\n`,
    ),
  );
  await using client = await QmpClient.connect(server.path);
  await assert.rejects(client.execute('nonsense'), (error) => {
    assert.ok(error instanceof QmpError && error instanceof DriverError);
    assert.equal(error.errorClass, 'CommandNotFound');
    assert.match(error.message, /nonsense.*no such/);
    return true;
  });
});

test('events are emitted and iterated; the iteration ends with the connection', async () => {
  using server = await peer('events', ({ id }, socket) => {
    socket.write(
      `{"return": {}, "id": ${id}}\n{"event": "STOP", "data": {"n": ${id}}, "timestamp": {"seconds": 1, "microseconds": 2}}\n`,
    );
    if (id === 3) socket.end();
  });
  const client = await QmpClient.connect(server.path);
  const events = client.events();
  await client.execute('x');
  await client.execute('y');
  const seen: unknown[] = [];
  for await (const { event, data } of events) seen.push([event, data.n]);
  assert.deepEqual(seen.slice(-2), [
    ['STOP', 2],
    ['STOP', 3],
  ]);
  await assert.rejects(client.execute('late'), DriverError);
  await client.close();
});

test('no greeting, no answer, a lost connection and an endless line all end in a retryable DriverError', async () => {
  const retryable = (error: unknown) => error instanceof DriverError && error.retryable;
  using mute = await peer('mute', () => {}, '');
  await assert.rejects(QmpClient.connect(mute.path, { timeoutMs: 50 }), retryable);
  await assert.rejects(QmpClient.connect(join(directory, 'nobody')), retryable);

  using slow = await peer('slow', ({ execute, id }, socket) => {
    if (execute === 'qmp_capabilities') socket.write(`{"return": {}, "id": ${id}}\n`);
    if (execute === 'hangup') socket.destroy();
    if (execute === 'endless') socket.write('x'.repeat(2000));
  });
  await using client = await QmpClient.connect(slow.path);
  await assert.rejects(client.execute('query-status', {}, { timeoutMs: 30 }), retryable);
  await assert.rejects(client.execute('hangup'), retryable);
  await using second = await QmpClient.connect(slow.path, { maxLineBytes: 1000 });
  await assert.rejects(
    second.execute('endless'),
    (error) => retryable(error) && /longer than 1000 bytes/.test(String(error)),
  );
  assert.ok(second.closed);
});
