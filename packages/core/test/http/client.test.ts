import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { client, inProcess, socket, type Transport } from '../../src/client/index.ts';
import { KumoError } from '../../src/errors/index.ts';
import { closeApp, listen } from '../../src/http/index.ts';
import { until } from '../../src/testing/until.ts';
import { ended, exampleApp, operations } from './example-service.ts';

const app = exampleApp();
let url = '';
before(async () => {
  url = await listen(app, { host: '127.0.0.1', port: 0 });
});
after(() => closeApp(app, 500));

const transports: Record<string, () => Transport> = {
  inProcess: () => inProcess(() => app),
  socket: () => socket(url),
};
for (const [name, make] of Object.entries(transports)) {
  describe(`client over ${name}`, () => {
    const options = { from: 'nova-compute', to: 'thing-api', token: async () => 'member', serviceType: 'thing' };
    let transport: Transport;
    let things: ReturnType<typeof connect>;
    const connect = () => client(operations, transport, options);
    before(() => {
      transport = make();
      things = connect();
    });
    after(() => transport.close());

    test('typed calls with body, query, version', async () => {
      const made = await things.createThing({
        params: { project_id: 'p1' },
        body: { thing: { name: 'x', size: 2 } },
        version: '2.9',
      });
      assert.equal(made.thing.size, 2);
      const listed = await things.listThings.raw({
        params: { project_id: 'p1' },
        query: { limit: 3, deleted: true, tag: ['a b', 'c&d'] },
      });
      assert.deepEqual(listed.body.query, { limit: 3, deleted: true, tag: ['a b', 'c&d'] });
      assert.equal(listed.status, 200);
      assert.equal(listed.headers['openstack-api-version'], 'thing 2.1');
      assert.equal(
        await things.startThing({ params: { project_id: 'p1', id: 'one' }, body: { 'os-start': null } }),
        undefined,
      );
    });

    test('path parameters are encoded and cannot climb', async () => {
      await assert.rejects(things.showThing({ params: { project_id: 'p1', id: 'a/b?c' } }), {
        kind: 'notFound',
        message: 'Thing a/b?c could not be found.',
      });
      for (const id of ['', '.', '..', '\ud800'])
        await assert.rejects(things.showThing({ params: { project_id: 'p1', id } }), {
          kind: 'badRequest',
          message: /^Invalid id: /,
        });
    });

    test('errors keep kind, code and message', async () => {
      const error = await things.fail({ body: { kind: 'quota' } }).catch((reason: unknown) => reason);
      assert.ok(error instanceof KumoError);
      assert.deepEqual(
        [error.kind, error.message, error.params.service, error.params.status],
        ['forbidden', 'Quota exceeded for things: 5.', 'thing-api', 403],
      );
      assert.equal(error.headers['Retry-After'], '30');
      await assert.rejects(things.whoAmI({ token: 'wrong' }), { kind: 'unauthorized' });
      await assert.rejects(things.whoAmI({ token: null }), { kind: 'unauthorized' });
    });

    test('streams in both directions, bounded', async () => {
      const mebibyte = Buffer.alloc(1 << 20, 7);
      const lots = (count: number) => Readable.from(Array.from({ length: count }, () => mebibyte));
      assert.deepEqual(await things.upload({ params: { id: 'x' }, body: lots(5) }), { bytes: 5 << 20 });
      await assert.rejects(things.upload({ params: { id: 'x' }, body: lots(9) }), (error: KumoError) =>
        ['tooLarge', 'unavailable'].includes(error.kind),
      );
      const stream = await things.download({ params: { path: 'a/b' } });
      assert.equal(Buffer.concat(await stream.toArray()).toString(), 'some bytes');
    });

    test("the caller's signal and deadline end a call, and the service is told", async () => {
      await assert.rejects(things.whoAmI({ signal: AbortSignal.abort(new Error('enough')) }), /enough/);
      const waitsBefore = ended.waits;
      const caller = new AbortController();
      setTimeout(() => caller.abort(new Error('enough')), 50);
      await assert.rejects(things.wait({ signal: caller.signal }), /enough/);
      await assert.rejects(things.wait({ deadlineMs: 50 }), { kind: 'unavailable' });
      await until(() => ended.waits === waitsBefore + 2, 2_000);
    });

    test('a stream outlives its deadline, and turning away from it ends its source', async () => {
      const streamsBefore = ended.streams;
      const stream = await things.endless({ deadlineMs: 200 });
      await new Promise((resolve) => setTimeout(resolve, 300));
      let bytes = 0;
      for await (const chunk of stream) {
        bytes += (chunk as Buffer).length;
        if (bytes > 4 << 20) break;
      }
      await until(() => ended.streams === streamsBefore + 1, 2_000);
    });

    test('ids of the request on whose behalf go along', async () => {
      const requestId = 'req-11111111-2222-3333-4444-555555555555';
      assert.equal((await things.whoAmI({ ctx: { requestId } })).globalRequestId, requestId);
    });
  });
}

test('idempotent calls are repeated on 503 and refused connections; a POST only if it was never sent', async () => {
  const seen: string[] = [];
  const flaky = createServer((request, reply) => {
    seen.push(request.method ?? '');
    const failing = seen.filter((method) => method === request.method).length < 3;
    if (failing && request.method === 'GET') return void reply.writeHead(503).end();
    if (request.method === 'POST') return void request.socket.destroy();
    return void reply.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
  const { port } = flaky.address() as AddressInfo;
  const transport = socket(`http://127.0.0.1:${port}`);
  const things = client(operations, transport, { from: 'test', to: 'thing-api', deadlineMs: 3_000 });
  await things.whoAmI();
  assert.deepEqual(seen, ['GET', 'GET', 'GET']);
  await assert.rejects(things.fail({ body: { kind: 'x' } }), { kind: 'unavailable' });
  assert.equal(seen.filter((method) => method === 'POST').length, 1);
  flaky.closeAllConnections();
  await new Promise((resolve) => flaky.close(resolve));

  // Nobody listens: a POST waits for the service to come up, since it cannot have arrived.
  const late = new Promise<void>((resolve) => {
    setTimeout(() => flaky.listen(port, '127.0.0.1', resolve), 300);
  });
  flaky.removeAllListeners('request');
  flaky.on('request', (_request, reply) => reply.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  assert.deepEqual(await things.fail({ body: { kind: 'x' } }), {});
  await late;
  await transport.close();
  flaky.closeAllConnections();
  await new Promise((resolve) => flaky.close(resolve));
});

test('a silent service is unavailable once the deadline has passed', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const transport = socket(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  const things = client(operations, transport, { from: 'test', to: 'thing-api', deadlineMs: 200 });
  const started = performance.now();
  await assert.rejects(things.whoAmI(), { kind: 'unavailable', message: 'thing-api did not answer within 200 ms.' });
  assert.ok(performance.now() - started < 1_000);
  silent.closeAllConnections();
  await new Promise((resolve) => silent.close(resolve));
  await transport.close();
});
