import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { ConnectionLimits } from '../../src/http/connections/limits.ts';
import { closeApp, listen } from '../../src/http/index.ts';
import { makeCertificate } from '../../src/testing/certificate.ts';
import { exampleApp } from './example-service.ts';

/** Short enough to wait for, and far enough apart to tell which one it was that ended a connection. */
const limits: ConnectionLimits = {
  handshakeMs: 400,
  headersMs: 600,
  bodyMs: 800,
  keepAliveMs: 1_000,
  stallMs: 700,
  minBytesPerSecond: 1_000,
  pipelined: 32,
};
const certificate = makeCertificate();
const MEMBER = 'Host: x\r\nX-Auth-Token: member\r\n';
const JSON_POST = `POST /v2/p1/things HTTP/1.1\r\n${MEMBER}Content-Type: application/json\r\n`;
const HEALTH = 'GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n';

interface Wire {
  readonly socket: Socket;
  /** What has come so far. */
  heard: string;
  /** Milliseconds until the server ended it. */
  readonly ended: Promise<number>;
}

/** Over TCP, a client may go on sending after the server's end of it: false. */
type Dial = (endsWithServer?: boolean) => Promise<Wire>;

async function withApp(tls: boolean, work: (dial: Dial, port: number) => Promise<void>): Promise<void> {
  const app = exampleApp();
  const url = new URL(await listen(app, { host: '127.0.0.1', port: 0, tls: tls ? certificate : undefined, limits }));
  const wires: Wire[] = [];
  const dial = async (endsWithServer = true) => {
    const socket = tls
      ? connectTls({ host: '127.0.0.1', port: Number(url.port), ca: certificate.cert })
      : connect({ port: Number(url.port), host: '127.0.0.1', allowHalfOpen: !endsWithServer });
    const wire = await opened(socket, tls);
    wires.push(wire);
    return wire;
  };
  try {
    await work(dial, Number(url.port));
  } finally {
    for (const { socket } of wires) socket.destroy();
    await closeApp(app, 200);
  }
}

async function opened(socket: Socket, tls = false): Promise<Wire> {
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const wire: Wire = { socket, heard: '', ended };
  const begun = performance.now();
  socket.on('data', (chunk) => {
    wire.heard += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(performance.now() - begun));
  await new Promise((done) => socket.once(tls ? 'secureConnect' : 'connect', done));
  return wire;
}

/** Goes on sending the same until the other side ends. */
function dribble({ socket }: Wire, text: string, everyMs = 50): void {
  const timer = setInterval(() => socket.writable && socket.write(text), everyMs);
  socket.on('close', () => clearInterval(timer));
}

/** However busy the machine is: without a bound it would be a minute, or never. */
const MOST_MS = 12_000;

async function endsAfter(wire: Wire, least: number): Promise<void> {
  const after = await Promise.race([wire.ended, sleep(MOST_MS, Number.POSITIVE_INFINITY, { ref: false })]);
  assert.ok(after >= least - 20 && after < MOST_MS, `ended after ${after} ms instead of ${least} or a little more`);
}

for (const tls of [false, true]) {
  describe(tls ? 'over TLS' : 'over TCP', { concurrency: true }, () => {
    test('a connection that says nothing', () =>
      withApp(tls, async (dial) => endsAfter(await dial(), limits.headersMs)));

    test('headers that dribble', () =>
      withApp(tls, async (dial) => {
        const wire = await dial();
        wire.socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-A: ');
        dribble(wire, 'a');
        await endsAfter(wire, limits.headersMs);
        assert.match(wire.heard, /^HTTP\/1\.1 408 /);
      }));

    test('headers of a second request that dribble', () =>
      withApp(tls, async (dial) => {
        const wire = await dial();
        wire.socket.write(HEALTH);
        await sleep(250);
        assert.match(wire.heard, /^HTTP\/1\.1 200 /);
        wire.socket.write('GET / HTTP/1.1\r\nX-A: ');
        dribble(wire, 'a');
        await endsAfter(wire, 250 + limits.headersMs);
      }));

    test('a parsed body that dribbles, however fast, must be whole in time', () =>
      withApp(tls, async (dial) => {
        const wire = await dial();
        wire.socket.write(`${JSON_POST}Content-Length: 900000\r\n\r\n{`);
        dribble(wire, ' '.repeat(500));
        await endsAfter(wire, limits.bodyMs);
        assert.match(wire.heard, /^HTTP\/1\.1 400 [\s\S]*did not arrive within 0\.8 seconds/);
      }));

    test('an upload that stands still or crawls ends; one that goes on may last', () =>
      withApp(tls, async (dial) => {
        const upload = async (bytes: number) => {
          const wire = await dial();
          wire.socket.write(`PUT /v2/data/x HTTP/1.1\r\n${MEMBER}Content-Length: 15000\r\n\r\n`);
          if (bytes > 0) dribble(wire, 'x'.repeat(bytes));
          return wire;
        };
        const [silent, crawling, going] = await Promise.all([upload(0), upload(5), upload(500)]);
        await Promise.all([
          endsAfter(silent, limits.stallMs),
          endsAfter(crawling, limits.stallMs),
          (async () => {
            await sleep(3 * limits.stallMs);
            assert.match(going.heard, /^HTTP\/1\.1 200 [\s\S]*"bytes":15000/);
          })(),
        ]);
      }));

    for (const [what, head] of Object.entries({
      'a refused body, announced': 'POST /v2/p1/things HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n',
      'a refused body, chunked': 'POST /v2/p1/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n',
      'a body that nobody asked for': 'GET /healthcheck HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n',
      'an endless body that nobody asked for':
        'GET /healthcheck HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n',
    }))
      test(`${what}, that dribbles after the reply`, () =>
        withApp(tls, async (dial) => {
          const [loud, silent] = await Promise.all([dial(false), dial()]);
          for (const { socket } of [loud, silent]) socket.write(head);
          dribble(loud, 'a');
          await Promise.all([endsAfter(loud, 0), endsAfter(silent, 0)]);
          for (const { heard } of [loud, silent]) assert.match(heard, /^HTTP\/1\.1 (401|200) /);
        }));

    test('a reply that is not read, also by one who goes on asking', () =>
      withApp(tls, async (dial) => {
        const [silent, asking] = await Promise.all([dial(), dial()]);
        for (const { socket } of [silent, asking]) {
          socket.pause();
          socket.write(`GET /v2/endless HTTP/1.1\r\n${MEMBER}\r\n`);
        }
        asking.socket.write('GET / HTTP/1.1\r\nX-A: ');
        dribble(asking, 'a');
        // Paused, the client does not see the end: a write tells it.
        dribble(silent, '');
        await sleep(limits.stallMs * 2 + 400);
        for (const { socket } of [silent, asking]) socket.resume();
        await Promise.all([endsAfter(silent, 0), endsAfter(asking, 0)]);
      }));

    test('a download may last while it goes on', () =>
      withApp(tls, async (dial) => {
        const wire = await dial();
        wire.socket.pause();
        wire.socket.write(`GET /v2/endless HTTP/1.1\r\n${MEMBER}\r\n`);
        // As much as a socket holds, now and then: what is read is well above the least rate.
        let read = 0;
        wire.socket.on('data', (chunk) => {
          read += chunk.length;
          if (read > 2 << 20) wire.socket.pause();
        });
        for (let turn = 0; turn < 10; turn++) {
          await sleep(250);
          read = 0;
          wire.socket.resume();
        }
        assert.equal(wire.socket.closed, false);
      }));

    test('a connection that is not used again', () =>
      withApp(tls, async (dial) => {
        const wire = await dial();
        wire.socket.write(HEALTH);
        await endsAfter(wire, limits.keepAliveMs);
        assert.match(wire.heard, /Keep-Alive: timeout=1\r\n/);
      }));

    test('a flood of requests on one connection', () =>
      withApp(tls, async (dial) => {
        const wire = await dial();
        wire.socket.write(`GET /v2/wait HTTP/1.1\r\n${MEMBER}\r\n`.repeat(500));
        await endsAfter(wire, 0);
        const few = await dial();
        few.socket.write(HEALTH.repeat(20));
        await sleep(600);
        assert.equal(few.heard.match(/HTTP\/1\.1 200 /g)?.length, 20);
      }));

    test('what is not HTTP ends though its sender does not', () =>
      withApp(tls, async (dial) => {
        const wire = await dial(false);
        wire.socket.write('hello\r\n\r\n');
        dribble(wire, 'x');
        await endsAfter(wire, 0);
        assert.match(wire.heard, /^HTTP\/1\.1 400 /);
      }));
  });
}

test('TLS that is not spoken, or half', () =>
  withApp(true, async (_dial, port) => {
    for (const [what, hello] of Object.entries({
      silent: '',
      'half a hello': Buffer.from('16030102000100', 'hex').toString('latin1'),
      'plain HTTP': HEALTH,
    })) {
      const wire = await opened(connect(port, '127.0.0.1'));
      if (hello) wire.socket.write(hello, 'latin1');
      await endsAfter(wire, what === 'plain HTTP' ? 0 : limits.handshakeMs);
    }
  }));
