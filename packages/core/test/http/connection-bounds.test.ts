import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { addressKey } from '../../src/http/client-address.ts';
import { Connection } from '../../src/http/connections/connection.ts';
import { connectionBound } from '../../src/http/connections/open-files.ts';
import { ConnectionTable, closeApp, DEFAULT_LIMITS, listen } from '../../src/http/index.ts';
import { exampleApp } from './example-service.ts';

const HEALTH = 'GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n';
const WAIT = 'GET /v2/wait HTTP/1.1\r\nHost: x\r\nX-Auth-Token: member\r\n\r\n';

interface Wire {
  readonly socket: Socket;
  heard: string;
}

async function dial(port: number, text = '', localAddress = '127.0.0.1'): Promise<Wire> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  const wire: Wire = { socket, heard: '' };
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    wire.heard += chunk;
  });
  await once(socket, 'connect');
  if (text) socket.write(text);
  // Accepted before the next one is.
  await sleep(15);
  return wire;
}

async function withApps(table: ConnectionTable, work: (first: number, second: number) => Promise<void>): Promise<void> {
  const apps = [exampleApp(), exampleApp()];
  const ports: number[] = [];
  try {
    for (const app of apps) ports.push(Number(new URL(await listen(app, { host: '127.0.0.1', port: 0, table })).port));
    await work(ports[0] as number, ports[1] as number);
  } finally {
    for (const app of apps) await closeApp(app, 50);
  }
  await sleep(20);
  assert.equal(table.size, 0, 'every connection was counted off');
}

const open = (wires: readonly Wire[]) => wires.map(({ socket }) => !socket.closed);

test('an address that has its share ends its own oldest idle connection with a new one', () =>
  withApps(new ConnectionTable({ most: 100, mostPerAddress: 3 }), async (port) => {
    const stranger = await dial(port, '', '127.0.0.2');
    const busy = await dial(port, WAIT);
    const [older, newer] = [await dial(port), await dial(port)];
    const late = await dial(port, HEALTH);
    await sleep(30);
    assert.deepEqual(open([stranger, busy, older, newer, late]), [true, true, false, true, true]);
    assert.match(late.heard, /^HTTP\/1\.1 200 /);
  }));

test('a request whose body is still to come gives way before one that is served, and after idle ones', () =>
  withApps(new ConnectionTable({ most: 100, mostPerAddress: 3 }), async (port) => {
    const served = await dial(port, WAIT);
    const sending = await dial(
      port,
      'POST /v2/p1/things HTTP/1.1\r\nHost: x\r\nX-Auth-Token: member\r\nContent-Length: 100\r\n\r\n{',
    );
    const idle = await dial(port);
    const fourth = await dial(port, WAIT);
    await sleep(30);
    assert.deepEqual(open([served, sending, idle, fourth]), [true, true, false, true]);
    await dial(port, WAIT);
    await sleep(30);
    assert.deepEqual(open([served, sending, fourth]), [true, false, true]);
    const refused = await dial(port, HEALTH);
    await sleep(30);
    assert.deepEqual(
      open([served, fourth, refused]),
      [true, true, false],
      'nothing that is served ends for a newcomer',
    );
  }));

test('when all listeners together have as many as they may, the address with most gives one up', () =>
  withApps(new ConnectionTable({ most: 16, mostPerAddress: 16 }), async (first, second) => {
    const good = await dial(second, HEALTH, '127.0.0.2');
    const bad: Wire[] = [];
    for (let n = 0; n < 40; n++) bad.push(await dial(n % 2 ? first : second));
    const third = await dial(first, HEALTH, '127.0.0.3');
    await sleep(30);
    assert.equal(bad.filter(({ socket }) => !socket.closed).length, 14);
    assert.deepEqual(open([good, third]), [true, true]);
    assert.match(third.heard, /^HTTP\/1\.1 200 /);
  }));

test('connections that come in one turn, before any that gave way is closed, are not more than there may be', () => {
  const table = new ConnectionTable({ most: 16, mostPerAddress: 16 });
  const come = (key: string) => {
    const socket = new Socket();
    const connection = new Connection(socket, { key, limits: DEFAULT_LIMITS, tls: false });
    assert.equal(table.admit(connection), true);
    return { socket, connection };
  };
  const all = Array.from({ length: 40 }, (_, n) => come(`${n % 2}`));
  assert.equal(table.size, 16);
  assert.equal(all.filter(({ socket }) => !socket.destroyed).length, 16);
  for (const { connection } of all) table.remove(connection);
  assert.equal(table.size, 0);
});

test('a proxy is not one client', () =>
  withApps(
    new ConnectionTable({ most: 20, mostPerAddress: 2, isProxy: (address) => address === '127.0.0.9' }),
    async (port) => {
      const wires: Wire[] = [];
      for (let n = 0; n < 6; n++) wires.push(await dial(port, '', '127.0.0.9'));
      assert.deepEqual(open(wires), Array(6).fill(true));
    },
  ));

test('whom a connection is counted for', () => {
  assert.equal(addressKey('192.0.2.1'), '192.0.2.1');
  assert.equal(addressKey('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(addressKey('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2');
  assert.equal(addressKey('2001:db8:1:2::6'), '2001:db8:1:2');
  assert.equal(addressKey('2001:db8::6'), '2001:db8:0:0');
  assert.equal(addressKey('2001:0DB8:0001::6'), '2001:db8:1:0');
  assert.equal(addressKey('64:ff9b::192.0.2.1'), '64:ff9b:0:0');
  assert.equal(addressKey('1:2:3:4:5:6:7::'), '1:2:3:4');
  assert.equal(addressKey('fe80::1%eth0'), 'fe80:0:0:0');
  assert.equal(addressKey('::1'), '0:0:0:0');
});

test('files are kept for what is not a connection', () => {
  assert.equal(connectionBound(4096, 1_048_576), 4096);
  assert.equal(connectionBound(4096, 1024), 768);
  assert.equal(connectionBound(4096, 256), 64);
  assert.equal(connectionBound(4096, 100), 16);
});

test('a process with few open files goes on serving, and opening files, under a flood of connections', {
  timeout: 30_000,
}, async () => {
  const child = spawn(
    'prlimit',
    ['--nofile=256:256', process.execPath, fileURLToPath(new URL('./few-files.ts', import.meta.url))],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const port = Number((await lines.next()).value);
    const flood = await Promise.all(Array.from({ length: 400 }, () => dial(port)));
    const asked = await dial(port, HEALTH);
    await sleep(200);
    assert.match(asked.heard, /^HTTP\/1\.1 200 /);
    child.stdin.write('open\n');
    assert.equal((await lines.next()).value, 'opened 60 files');
    for (const { socket } of flood) socket.destroy();
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});
