import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Type as T } from 'typebox';
import { inProcess, socket, type Transport } from '../../src/client/index.ts';
import {
  clientGone,
  closeApp,
  createApp,
  implement,
  listen,
  neutronEnvelope,
  operation,
  type RequestFacts,
  TrustedProxies,
} from '../../src/http/index.ts';
import { silentLogger } from '../../src/log/index.ts';
import { PolicySet } from '../../src/policy/index.ts';

const hold = operation({
  name: 'hold',
  method: 'POST',
  path: '/hold',
  policy: 'none',
  body: T.Object({}),
  reply: T.Object({}),
});

/** What the handler was given, and what lets it go on. */
let entered = Promise.withResolvers<RequestFacts>();
let go = Promise.withResolvers<void>();
const app = createApp({
  service: 's',
  routes: [
    implement(hold, async ({ request }) => {
      entered.resolve(request);
      await go.promise;
      return {};
    }),
  ],
  envelope: neutronEnvelope,
  tokens: null,
  policies: new PolicySet([]),
  proxies: new TrustedProxies(['127.0.0.0/8']),
  log: silentLogger,
});
let url = '';
before(async () => {
  url = await listen(app, { host: '127.0.0.1', port: 0 });
});
after(() => closeApp(app, 500));

const transports: Record<string, () => Transport> = {
  inProcess: () => inProcess(() => app),
  socket: () => socket(url),
};

function begin(transport: Transport, headers: Record<string, string> = {}) {
  entered = Promise.withResolvers();
  go = Promise.withResolvers();
  const caller = new AbortController();
  const sent = { 'content-type': 'application/json', ...headers };
  const request = { method: 'POST', path: '/hold', headers: sent, body: '{}', streamReply: false };
  const answer = transport.send({ ...request, signal: caller.signal });
  answer.catch(() => {});
  return { caller, answer };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the signal was not aborted within 5 s')), 5_000);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

for (const [name, make] of Object.entries(transports))
  describe(`a client over ${name}`, () => {
    let transport: Transport;
    before(() => {
      transport = make();
    });
    after(() => transport.close());

    test('that goes away is gone for the handler', async () => {
      const { caller } = begin(transport);
      const { signal } = await entered.promise;
      assert.equal(signal.aborted, false);
      caller.abort();
      await aborted(signal);
      assert.ok(clientGone.is(signal.reason));
      go.resolve();
    });

    test('that is gone already is gone for who asks late', async () => {
      const { caller } = begin(transport);
      const request = await entered.promise;
      caller.abort();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await aborted(request.signal);
      go.resolve();
    });

    test('that was answered is not gone', async () => {
      const { answer } = begin(transport);
      const { signal } = await entered.promise;
      go.resolve();
      assert.equal((await answer).status, 200);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(signal.aborted, false);
    });

    test('is the one that a trusted proxy names', async () => {
      const { answer } = begin(transport, { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' });
      assert.equal((await entered.promise).remoteAddress, '203.0.113.9');
      go.resolve();
      await answer;
    });
  });

test('a connection that is cut in the middle of the work is noticed', async () => {
  entered = Promise.withResolvers();
  go = Promise.withResolvers();
  const { port } = new URL(url);
  const raw = connect(Number(port), '127.0.0.1');
  raw.on('error', () => {});
  raw.write('POST /hold HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
  const { signal } = await entered.promise;
  raw.resetAndDestroy();
  await aborted(signal);
  go.resolve();
});

test('reading is dropped when its client went away before it began; what writes is done', async () => {
  const checking = Promise.withResolvers<void>();
  const checked = Promise.withResolvers<undefined>();
  const done: string[] = [];
  const routeOf = (method: 'GET' | 'DELETE') =>
    implement(operation({ name: `${method} it`, method, path: '/it', policy: 'authenticated' }), () => {
      done.push(method);
    });
  const slow = createApp({
    service: 's',
    routes: [routeOf('GET'), routeOf('DELETE')],
    envelope: neutronEnvelope,
    tokens: {
      validate: async () => {
        checking.resolve();
        await checked.promise;
        return { userId: 'kim', roles: [], auditIds: [] };
      },
    },
    policies: new PolicySet([]),
    log: silentLogger,
  });
  const { port } = new URL(await listen(slow, { host: '127.0.0.1', port: 0 }));
  for (const method of ['GET', 'DELETE']) {
    const raw = connect(Number(port), '127.0.0.1');
    raw.write(`${method} /it HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\n\r\n`);
    await checking.promise;
    await new Promise((resolve) => setTimeout(resolve, 20));
    raw.resetAndDestroy();
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  checked.resolve(undefined);
  await closeApp(slow, 500);
  assert.deepEqual(done, ['DELETE']);
});
