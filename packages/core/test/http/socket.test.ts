import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { client, socket } from '../../src/client/index.ts';
import { closeApp, listen } from '../../src/http/index.ts';
import { makeCertificate } from '../../src/testing/certificate.ts';
import { exampleApp, whoAmI } from './example-service.ts';

async function withApp(work: (url: URL) => Promise<void>, tls?: { key: string; cert: string }): Promise<void> {
  const app = exampleApp();
  try {
    await work(new URL(await listen(app, { host: '127.0.0.1', port: 0, tls })));
  } finally {
    await closeApp(app, 500);
  }
}

interface Answer {
  status: number | undefined;
  text: string;
  connection: string | undefined;
  sent: number;
}

/** Sends a body of `bytes` for as long as the server takes it; the reply is read while sending, as browsers and curl do. */
function flood(url: URL, bytes: number, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: url.hostname,
      port: url.port,
      method: 'POST',
      path: '/v2/p1/things',
      headers: { 'x-auth-token': 'member', 'content-type': 'application/json', ...headers },
    });
    const chunk = Buffer.alloc(1 << 20, 0x20);
    let sent = 0;
    let answer: Answer | undefined;
    const pump = () => {
      while (sent < bytes && !outgoing.destroyed) {
        sent += chunk.length;
        if (!outgoing.write(chunk)) return;
      }
    };
    outgoing.on('drain', pump);
    outgoing.on('response', async (reply) => {
      answer = { status: reply.statusCode, text: '', connection: reply.headers.connection, sent };
      for await (const part of reply) answer.text += part;
      outgoing.destroy();
      resolve({ ...answer, sent });
    });
    outgoing.on('error', (error) => (answer ? resolve(answer) : reject(error)));
    pump();
  });
}

test('a 2 GB body is answered with 413 and not read', { timeout: 20_000 }, () =>
  withApp(async (url) => {
    const announced = await flood(url, 2 ** 31, { 'content-length': String(2 ** 31) });
    assert.deepEqual([announced.status, announced.connection], [413, 'close']);
    assert.equal(JSON.parse(announced.text).overLimit.code, 413);
    assert.ok(announced.sent < 64 << 20, `${announced.sent} bytes were taken`);
    const chunked = await flood(url, 2 ** 31, { 'transfer-encoding': 'chunked' });
    assert.equal(chunked.status, 413);
    assert.ok(chunked.sent < 64 << 20, `${chunked.sent} bytes were taken`);
    const nobody = await flood(url, 2 ** 31, { 'content-length': String(2 ** 31), 'x-auth-token': 'unknown' });
    assert.equal(nobody.status, 401);
  }),
);

/** Writes raw bytes and gives what comes back until the server ends the connection or says no more for a while. */
function speak(url: URL, text: string, quietMs = 300): Promise<string> {
  return new Promise((resolve, reject) => {
    const wire = connect(Number(url.port), url.hostname, () => wire.write(text));
    let heard = '';
    wire.setTimeout(quietMs, () => wire.destroy());
    wire.on('data', (chunk) => {
      heard += chunk;
    });
    wire.on('close', () => resolve(heard));
    wire.on('error', reject);
  });
}

test('Expect: 100-continue is answered only when the body is wanted', () =>
  withApp(async (url) => {
    const head = (token: string, length: number) =>
      `POST /v2/p1/things HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${token}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
    assert.match(await speak(url, head('member', 10)), /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    assert.match(await speak(url, head('other', 10)), /^HTTP\/1\.1 403 /);
    assert.match(await speak(url, head('member', 2 ** 31)), /^HTTP\/1\.1 413 /);
  }));

test('what is not HTTP, or has enormous headers, gets a bare refusal', () =>
  withApp(async (url) => {
    assert.match(await speak(url, 'hello\r\n\r\n'), /^HTTP\/1\.1 400 Bad Request/);
    assert.match(await speak(url, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  }));

test('a body that stops in the middle holds nothing up', () =>
  withApp(async (url) => {
    await speak(
      url,
      'POST /v2/p1/things HTTP/1.1\r\nHost: x\r\nX-Auth-Token: member\r\nContent-Length: 100\r\n\r\n{"thing',
      50,
    );
    assert.match(await speak(url, 'GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n'), /OK$/);
  }));

test('a taken port is named', () =>
  withApp(async (url) => {
    const second = exampleApp();
    await assert.rejects(listen(second, { host: '127.0.0.1', port: Number(url.port) }), {
      code: 'EADDRINUSE',
      message: `cannot listen on 127.0.0.1:${url.port}: the port is already taken`,
    });
    await second.close();
  }));

test('closing lets a request under way finish and takes no more', async () => {
  const [arrived, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const app = exampleApp({
    tokens: {
      validate: async () => {
        arrived.resolve();
        await held.promise;
        return { userId: 'u1', roles: [], auditIds: [] };
      },
    },
  });
  const url = await listen(app, { host: '127.0.0.1', port: 0 });
  const transport = socket(url);
  const things = client({ whoAmI }, transport, { from: 'test', to: 'thing-api', token: async () => 'x' });
  const underWay = things.whoAmI();
  await arrived.promise;
  const closed = closeApp(app, 5_000);
  held.resolve();
  assert.equal((await underWay).userId, 'u1');
  await closed;
  await assert.rejects(things.whoAmI({ deadlineMs: 100 }), { kind: 'unavailable' });
  await transport.close();
});

test('what one turn of the event loop brings is served before the first of it is answered', async () => {
  const seen: string[] = [];
  const app = exampleApp({
    observe: () => seen.push('answered'),
    tokens: {
      validate: async () => {
        seen.push('served');
        return { userId: 'u1', roles: [], auditIds: [] };
      },
    },
  });
  const ask = async () => app.inject({ url: '/v2/me', headers: { 'x-auth-token': 'x' } });
  assert.equal((await ask()).statusCode, 200);
  seen.length = 0;
  const first = ask();
  // Far longer than a request takes, and still the same turn.
  for (let tick = 0; tick < 200; tick++) await new Promise<void>((resolve) => process.nextTick(resolve));
  await Promise.all([first, ask()]);
  assert.deepEqual(seen, ['served', 'served', 'answered', 'answered']);
  await app.close();
});

test('TLS', async () => {
  const { key, cert } = makeCertificate();
  let origin = '';
  await withApp(
    async (url) => {
      assert.equal(url.protocol, 'https:');
      const transport = socket(url.href, { ca: cert });
      const me = await client({ whoAmI }, transport, {
        from: 'test',
        to: 'thing-api',
        token: async () => 'member',
      }).whoAmI();
      assert.equal(me.baseUrl, url.origin);
      await transport.close();
      origin = url.origin;
    },
    { key, cert },
  );
  await assert.rejects(fetch(origin), 'closeApp closes the TLS server as well');
});
