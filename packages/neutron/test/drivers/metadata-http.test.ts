import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '@kumo/core/log';
import { MetadataHttp } from '../../src/drivers/metadata/metadata-http.ts';

const GET = 'GET /latest HTTP/1.1\r\nHost: x\r\n\r\n';
const limits = { headersMs: 400, bodyMs: 400, keepAliveMs: 300, stallMs: 400, pipelined: 4 };

interface Guest {
  readonly socket: Socket;
  heard: string;
  readonly ended: Promise<void>;
}

/** Guests of a network are addresses of the loopback here. */
async function withMetadata(work: (dial: (address: string, text?: string) => Promise<Guest>) => Promise<void>) {
  const held = Promise.withResolvers<void>();
  const http = new MetadataHttp({
    log: silentLogger,
    limits,
    handler: async ({ path, clientIp }) => {
      if (path === '/wait') await held.promise;
      return { status: 200, headers: {}, body: clientIp };
    },
  });
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    if (http.accept(socket, { namespace: 'qrouter-1', routerId: 'r1' })) socket.resume();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    await work(async (localAddress, text = '') => {
      const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', localAddress });
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const guest: Guest = { socket, heard: '', ended };
      socket.on('data', (chunk) => {
        guest.heard += chunk;
      });
      socket.on('error', () => undefined).on('close', () => resolve());
      await once(socket, 'connect');
      socket.write(text);
      await sleep(15);
      return guest;
    });
  } finally {
    held.resolve();
    http.close();
    server.close();
  }
}

test('a guest that holds connections ends its own, and others are served', { timeout: 20_000 }, () =>
  withMetadata(async (dial) => {
    const hoard: Guest[] = [];
    for (let n = 0; n < 20; n++) hoard.push(await dial('127.0.0.2'));
    assert.equal(hoard.filter(({ socket }) => !socket.closed).length, 8);
    const other = await dial('127.0.0.3', GET);
    const again = await dial('127.0.0.2', GET);
    await sleep(50);
    assert.match(other.heard, /200 OK[\s\S]*127\.0\.0\.3$/);
    assert.match(again.heard, /200 OK[\s\S]*127\.0\.0\.2$/);
  }),
);

test('a guest has few requests under way', { timeout: 20_000 }, () =>
  withMetadata(async (dial) => {
    const flood = await dial('127.0.0.2', GET.replace('/latest', '/wait').repeat(5));
    await flood.ended;
  }),
);

test('whatever a guest begins and does not go on with ends', { timeout: 20_000 }, () =>
  withMetadata(async (dial) => {
    const half = 'GET / HTTP/1.1\r\nX-A: ';
    const post = 'POST /password HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n';
    const large = 'POST /password HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n';
    const guests = await Promise.all(
      ['', half, post, large, GET, 'nonsense\r\n\r\n'].map((text) => dial('127.0.0.2', text)),
    );
    const begun = guests.map(({ heard }) => heard);
    assert.match(begun[3] as string, /^HTTP\/1\.1 413 /);
    await Promise.all(guests.map(({ ended }) => ended));
    assert.match(guests[2]?.heard as string, /^HTTP\/1\.1 400 /);
  }),
);
