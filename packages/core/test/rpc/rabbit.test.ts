import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Type as T } from 'typebox';
import { silentLogger } from '../../src/log/index.ts';
import { rpcConformance } from '../../src/rpc/conformance.ts';
import { type Bus, busUnavailable, call, cast, rabbitBus, rpc } from '../../src/rpc/index.ts';
import { type PrivateRabbitmq, startRabbitmq } from '../../src/testing/rabbitmq.ts';
import { type TcpProxy, tcpProxy } from '../../src/testing/tcp-proxy.ts';

const skip = existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server')
  ? false
  : 'Debian package rabbitmq-server is not installed';

const work = rpc('work', '1.0', {
  slow: call(T.Object({ ms: T.Integer() }), T.Object({ runs: T.Integer() }), { timeoutMs: 60_000 }),
  job: cast(T.Object({ n: T.Integer() })),
});

let broker: PrivateRabbitmq;

/** Closed at the end of the test, also of one that failed. */
function newBus(t: TestContext, options: { through?: TcpProxy; answerTimeoutMs?: number } = {}): Bus {
  const { through, ...rest } = options;
  const url = new URL(broker.url);
  if (through) url.port = String(through.port);
  const bus = rabbitBus({ url: url.href, log: silentLogger, ...rest });
  t.after(() => bus.close());
  return bus;
}

async function newProxy(t: TestContext): Promise<TcpProxy> {
  const proxy = await tcpProxy(broker.port);
  t.after(() => proxy[Symbol.asyncDispose]());
  return proxy;
}

async function took(work: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work;
  return performance.now() - began;
}

before(async () => {
  if (!skip) broker = await startRabbitmq();
});
after(async () => {
  if (!skip) await broker.destroy();
});

test('the RabbitMQ bus conforms', { skip }, (t) => rpcConformance(t, async () => newBus(t)));

test('a call takes a few milliseconds', { skip }, async (t) => {
  const [server, caller] = [newBus(t), newBus(t)];
  await server.serve(work, { server: 'a' }, { slow: () => ({ runs: 0 }), job: () => {} });
  const client = caller.client(work, { from: 'test' });
  const times: number[] = [];
  for (let n = 0; n < 200; n++) {
    const began = performance.now();
    await client.slow({ ms: 0 });
    times.push(performance.now() - began);
  }
  console.log(
    `RabbitMQ call: median ${times.sort((a, b) => a - b)[100]!.toFixed(2)} ms, p95 ${times[190]!.toFixed(2)} ms`,
  );
});

test('the broker is restarted in mid-call: the call still gets its answer, the handler that runs is not doubled', {
  skip,
}, async (t) => {
  const [server, caller] = [newBus(t), newBus(t)];
  const runs = new Map<number, number>();
  const slow = async ({ ms }: { ms: number }) => {
    runs.set(ms, (runs.get(ms) ?? 0) + 1);
    await sleep(ms);
    return { runs: runs.get(ms)! };
  };
  await server.serve(work, { server: 'a' }, { slow, job: () => {} });
  const client = caller.client(work, { from: 'test' });
  const calls = [client.slow({ ms: 15_000 }), client.slow({ ms: 500 })];
  await sleep(200);
  assert.equal(runs.size, 2);
  await broker.restart();
  assert.equal((await calls[0])!.runs, 1);
  assert.ok((await calls[1])!.runs >= 1);
  console.log(`runs of the call that ended while the broker was away: ${runs.get(500)}`);
  assert.ok(server.healthy() && caller.healthy());
});

test('casts sent while the broker is killed and away arrive', { skip }, async (t) => {
  const [server, caller] = [newBus(t), newBus(t)];
  const got = new Set<number>();
  await server.serve(work, { server: 'a' }, { slow: () => ({ runs: 0 }), job: ({ n }) => void got.add(n) });
  const client = caller.client(work, { from: 'test' });
  await client.job({ n: -1 });
  const sent: Promise<void>[] = [];
  for (let n = 0; n < 20; n++) sent.push(client.job({ n }));
  await broker.kill();
  for (let n = 20; n < 25; n++) sent.push(client.job({ n }));
  const impatient = client.job({ n: 99 }, { timeoutMs: 200 }).catch((error: unknown) => error);
  assert.ok(busUnavailable.is(await impatient));
  assert.equal(caller.healthy(), false);
  await broker.start();
  await Promise.all(sent);
  const deadline = Date.now() + 20_000;
  while (got.size < 26 && Date.now() < deadline) await sleep(20);
  assert.deepEqual(
    [...got].sort((a, b) => a - b),
    Array.from({ length: 26 }, (_, n) => n - 1),
  );
});

test('a server is told when it listens again, and then misses nothing', { skip }, async (t) => {
  const [proxy, caller] = [await newProxy(t), newBus(t)];
  const server = newBus(t, { through: proxy });
  const got: number[] = [];
  let resumed = 0;
  let onceMore = Promise.withResolvers<void>();
  const onResumed = () => {
    resumed++;
    onceMore.resolve();
  };
  const job = ({ n }: { n: number }) => void got.push(n);
  await server.serve(work, { server: 'a', onResumed }, { slow: () => ({ runs: 0 }), job });
  const client = caller.client(work, { from: 'test' });
  for (const n of [1, 2]) {
    proxy.cut();
    while (server.healthy()) await sleep(5);
    assert.equal(resumed, n - 1);
    onceMore = Promise.withResolvers();
    proxy.mend();
    await onceMore.promise;
    await client.job({ n }, { fanout: true });
    while (!got.includes(n)) await sleep(5);
  }
  assert.equal(resumed, 2);
});

test('a message that finds the connection dead is sent again at once', { skip }, async (t) => {
  const [proxy, server] = [await newProxy(t), newBus(t)];
  const got: number[] = [];
  const job = ({ n }: { n: number }) => void got.push(n);
  await server.serve(work, { server: 'a' }, { slow: () => ({ runs: 0 }), job });
  const client = newBus(t, { through: proxy }).client(work, { from: 'test' });
  for (let n = 0; n < 10; n++) {
    await client.job({ n });
    // The connection is reset now; the client will learn it by its next write.
    proxy.cut();
    const sent = client.job({ n: 100 + n }, { fanout: n % 2 === 0 });
    const answered = client.slow({ ms: 0 });
    proxy.mend();
    const ms = await took(Promise.all([sent, answered]));
    assert.ok(ms < 5_000, `message ${n} took ${ms} ms`);
  }
});

test('a broker that does not answer any more counts as lost: what waits for it goes over a new connection', {
  skip,
}, async (t) => {
  const proxy = await newProxy(t);
  const [server, caller] = [newBus(t), newBus(t, { through: proxy, answerTimeoutMs: 500 })];
  const got: number[] = [];
  const job = ({ n }: { n: number }) => void got.push(n);
  await server.serve(work, { server: 'a' }, { slow: () => ({ runs: 7 }), job });
  const client = caller.client(work, { from: 'test' });
  await client.slow({ ms: 0 });
  for (let n = 0; n < 3; n++) {
    proxy.freeze();
    const ms = await took(Promise.all([client.slow({ ms: 0 }), client.job({ n })]));
    assert.ok(ms > 400 && ms < 5_000, `took ${ms} ms`);
  }
  while (got.length < 3) await sleep(5);
  assert.deepEqual(got, [0, 1, 2]);
});

test('a server behind a broker that does not answer any more is heard again', { skip }, async (t) => {
  const proxy = await newProxy(t);
  const [server, caller] = [newBus(t, { through: proxy, answerTimeoutMs: 500 }), newBus(t)];
  const { promise: resumed, resolve: onResumed } = Promise.withResolvers<void>();
  await server.serve(work, { server: 'a', onResumed }, { slow: () => ({ runs: 7 }), job: () => {} });
  proxy.freeze();
  // A daemon reports now and then; that shows it.
  await server.client(work, { from: 'a' }).job({ n: 0 }, { server: 'nobody' });
  await resumed;
  assert.deepEqual(await caller.client(work, { from: 'test' }).slow({ ms: 0 }), { runs: 7 });
});

test('what a killed consumer had not acknowledged goes to another', { skip }, async (t) => {
  const caller = newBus(t);
  const client = caller.client(work, { from: 'test' });
  const victim = await consumerProcess(broker.url);
  t.after(() => victim.kill('SIGKILL'));
  await client.job({ n: 7 });
  await says(victim, 'took 7');
  const began = Date.now();
  const other = newBus(t);
  const { promise, resolve } = Promise.withResolvers<number>();
  await other.serve(
    work,
    { server: 'b' },
    { slow: () => ({ runs: 0 }), job: (_, { deliveries }) => resolve(deliveries) },
  );
  victim.kill('SIGKILL');
  assert.equal(await promise, 2);
  console.log(`redelivered ${Date.now() - began} ms after the kill`);
});

async function consumerProcess(url: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [new URL('stuck-consumer.ts', import.meta.url).pathname], {
    env: { ...process.env, KUMO_TEST_AMQP: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await says(child, 'ready');
  return child;
}

async function says(child: ChildProcess, word: string): Promise<void> {
  let text = '';
  while (!text.includes(word)) text += String((await once(child.stdout!, 'data'))[0]);
}
