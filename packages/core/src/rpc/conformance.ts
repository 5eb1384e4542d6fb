import { strict as assert } from 'node:assert';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Type as T } from 'typebox';
import { badRequest, DriverError, defineError, KumoError } from '../errors/index.ts';
import { until } from '../testing/until.ts';
import type { Bus, Serving } from './bus.ts';
import { call, cast, type RpcHandlers, rpc } from './contract.ts';
import { invalidArguments, remoteFailure, rpcTimeout, unknownMethod, unsupportedVersion } from './errors.ts';

const Numbered = T.Object({ n: T.Integer() });
const methods = {
  add: call(T.Object({ a: T.Integer(), b: T.Integer() }), T.Object({ sum: T.Integer() }), { timeoutMs: 10_000 }),
  wait: call(T.Object({ ms: T.Integer() }), T.Void()),
  fail: call(T.Object({ how: T.String() }), T.Void()),
  note: cast(Numbered),
  seen: call(T.Object({}), T.Object({ ctx: T.Optional(T.Unknown()), from: T.String(), deadline: T.Integer() })),
};
const contract = (topic: string, version = '1.2') => rpc(topic, version, methods);
type Handlers = RpcHandlers<typeof methods>;

const noVolume = defineError('notFound', 'VolumeNotFound', 'Volume {id} could not be found.');

function handlers(over: Partial<Handlers> = {}): Handlers {
  return {
    add: ({ a, b }) => ({ sum: a + b }),
    wait: async ({ ms }) => void (await sleep(ms)),
    fail: ({ how }) => {
      if (how === 'kumo') throw noVolume({ id: 'v1' });
      if (how === 'driver') throw new DriverError('the disk is locked', { retryable: true });
      throw new Error('a secret of the daemon');
    },
    note: () => {},
    seen: (_, { ctx, from, deadline }) => ({ ctx, from, deadline: deadline ?? 0 }),
    ...over,
  };
}

let topics = 0;
const newTopic = (name: string) => `conformance-${name}-${process.pid}-${++topics}`;

/** What every bus must do. `makeBus` gives a new bus on the same broker (in process: always the same bus). */
export async function rpcConformance(t: TestContext, makeBus: () => Promise<Bus>): Promise<void> {
  await t.test('call: reply, errors, context', (t) => calls(t, makeBus));
  await t.test('call: nobody, deadline, versions', (t) => failures(t, makeBus));
  await t.test('cast: order, kept, redelivered', (t) => casts(t, makeBus));
  await t.test('fanout and servers of one topic', (t) => spreading(t, makeBus));
}

async function calls(t: TestContext, makeBus: () => Promise<Bus>): Promise<void> {
  const bus = await makeBus();
  const { topic } = contract(newTopic('calls'));
  const serving = await bus.serve(contract(topic), { server: 'host-1', name: 'nova-conductor' }, handlers());
  const client = bus.client(contract(topic), { from: 'nova-compute', to: 'nova-conductor' });

  await t.test('answers', async () => {
    assert.deepEqual(await client.add({ a: 1, b: 2 }), { sum: 3 });
    assert.deepEqual(await client.add({ a: 1, b: 2 }, { server: 'host-1' }), { sum: 3 });
    assert.equal(await client.wait({ ms: 1 }), undefined);
  });
  await t.test('answers many at once, each its own', async () => {
    const sums = await Promise.all(Array.from({ length: 200 }, (_, n) => client.add({ a: n, b: n })));
    assert.deepEqual(
      sums,
      Array.from({ length: 200 }, (_, n) => ({ sum: 2 * n })),
    );
  });
  await t.test("a handler's KumoError is the same error at the caller", async () => {
    const error = await client.fail({ how: 'kumo' }).catch((error: unknown) => error);
    assert.ok(noVolume.is(error));
    assert.deepEqual([error.params, error.message], [{ id: 'v1' }, 'Volume v1 could not be found.']);
  });
  await t.test('a DriverError stays retryable', async () => {
    const error = await client.fail({ how: 'driver' }).catch((error: unknown) => error);
    assert.ok(error instanceof DriverError && error.retryable && error.message === 'the disk is locked');
  });
  await t.test('any other error tells users nothing', async () => {
    const error = await client.fail({ how: 'other' }).catch((error: unknown) => error);
    assert.ok(remoteFailure.is(error) && !error.message.includes('secret'));
  });
  await t.test('wrong arguments are a badRequest that names the field', async () => {
    const error = await client.add({ a: 1, b: 'x' as unknown as number }).catch((error: unknown) => error);
    assert.ok(invalidArguments.is(error) && error.kind === badRequest.kind);
    assert.match(error.message, /\/b must be integer/);
  });
  await t.test('context travels, the token only when asked to', async () => {
    const ctx = { requestId: 'req-1', userId: 'u', roles: ['member'], serviceRoles: [], auditIds: [], token: 'secret' };
    const { token, ...bare } = ctx;
    const plain = await client.seen({}, { ctx, timeoutMs: 5_000 });
    assert.deepEqual([plain.ctx, plain.from], [bare, 'nova-compute']);
    assert.ok(Math.abs(plain.deadline - Date.now() - 5_000) < 2_000);
    assert.deepEqual((await client.seen({}, { ctx, withToken: true })).ctx, { ...bare, token });
  });
  await serving.close();
  await bus.close();
}

async function failures(t: TestContext, makeBus: () => Promise<Bus>): Promise<void> {
  const bus = await makeBus();
  await t.test('a call to nobody fails at once', async () => {
    const began = Date.now();
    const client = bus.client(contract(newTopic('nobody')), { from: 'test' });
    const error = await client.add({ a: 1, b: 2 }).catch((error: unknown) => error);
    assert.ok(rpcTimeout.is(error) && error.kind === 'unavailable' && error.retryable);
    assert.ok(Date.now() - began < 2_000);
  });
  await t.test('a call past its deadline fails, and a late reply is dropped', async () => {
    const { topic } = contract(newTopic('late'));
    const serving = await bus.serve(contract(topic), { server: 'a' }, handlers());
    const client = bus.client(contract(topic), { from: 'test' });
    const error = await client.wait({ ms: 400 }, { timeoutMs: 100 }).catch((error: unknown) => error);
    assert.ok(rpcTimeout.is(error));
    await serving.close();
  });
  await t.test(
    'a consumer drops a call that expired in its queue, and a call waits for a consumer that comes back',
    async () => {
      const { topic } = contract(newTopic('expired'));
      const ran: number[] = [];
      const add: Handlers['add'] = ({ a, b }) => {
        ran.push(a);
        return { sum: a + b };
      };
      await (await bus.serve(contract(topic), { server: 'a' }, handlers({ add }))).close();
      const client = bus.client(contract(topic), { from: 'test' });
      const expired = client.add({ a: 1, b: 0 }, { timeoutMs: 50 }).catch((error: unknown) => error);
      const patient = client.add({ a: 2, b: 0 });
      assert.ok(rpcTimeout.is(await expired));
      const serving = await bus.serve(contract(topic), { server: 'a' }, handlers({ add }));
      assert.deepEqual(await patient, { sum: 2 });
      assert.deepEqual(ran, [2]);
      await serving.close();
    },
  );
  await t.test('versions: same major, older minor', async () => {
    const { topic } = contract(newTopic('versions'));
    const serving = await bus.serve(contract(topic, '1.2'), { server: 'a' }, handlers());
    const from = 'test';
    assert.deepEqual(await bus.client(contract(topic, '1.0'), { from }).add({ a: 1, b: 1 }), { sum: 2 });
    for (const version of ['1.3', '2.0', '0.9']) {
      const error = await bus
        .client(contract(topic, version), { from })
        .add({ a: 1, b: 1 })
        .catch((e: unknown) => e);
      assert.ok(unsupportedVersion.is(error), version);
    }
    assert.deepEqual(await bus.client(contract(topic, '1.3'), { from, version: '1.2' }).add({ a: 1, b: 1 }), {
      sum: 2,
    });
    const other = rpc(topic, '1.0', { toString: call(T.Object({}), T.Void()) });
    const error = await bus
      .client(other, { from })
      .toString({})
      .catch((e: unknown) => e);
    assert.ok(unknownMethod.is(error));
    await serving.close();
  });
  await bus.close();
}

async function casts(t: TestContext, makeBus: () => Promise<Bus>): Promise<void> {
  const bus = await makeBus();
  await t.test('are kept for a consumer that comes later, and come in order', async () => {
    const { topic } = contract(newTopic('kept'));
    const client = bus.client(contract(topic), { from: 'test' });
    await Promise.all(Array.from({ length: 50 }, (_, n) => client.note({ n }, { server: 'a' })));
    const got: number[] = [];
    const note: Handlers['note'] = async ({ n }) => {
      await sleep(n % 3);
      got.push(n);
    };
    const serving = await bus.serve(contract(topic), { server: 'a', concurrency: 1 }, handlers({ note }));
    await until(() => got.length === 50, 10_000);
    assert.deepEqual(
      got,
      Array.from({ length: 50 }, (_, n) => n),
    );
    await serving.close();
  });
  await t.test('concurrency bounds the handlers of a queue', async () => {
    const { topic } = contract(newTopic('bound'));
    let now = 0;
    let most = 0;
    let all = 0;
    const note: Handlers['note'] = async () => {
      most = Math.max(most, ++now);
      await sleep(10);
      now--;
      all++;
    };
    const serving = await bus.serve(contract(topic), { server: 'a', concurrency: 3 }, handlers({ note }));
    const client = bus.client(contract(topic), { from: 'test' });
    await Promise.all(Array.from({ length: 12 }, (_, n) => client.note({ n })));
    await until(() => all === 12, 10_000);
    assert.equal(most, 3);
    await serving.close();
  });
  await t.test('that failed retryably come again, others do not; given up after maxDeliveries', async () => {
    const { topic } = contract(newTopic('again'));
    const tries = new Map<number, number>();
    const ids = new Set<string>();
    const note: Handlers['note'] = ({ n }, { messageId, deliveries }) => {
      tries.set(n, (tries.get(n) ?? 0) + 1);
      if (n === 1) ids.add(messageId);
      if (n === 1 && deliveries === 3) return;
      throw new KumoError('unavailable', 'Busy', 'busy', {}, { retryable: n !== 0 });
    };
    const serving = await bus.serve(contract(topic), { server: 'a', maxDeliveries: 4 }, handlers({ note }));
    const client = bus.client(contract(topic), { from: 'test' });
    for (const n of [0, 1, 2]) await client.note({ n });
    await until(() => tries.get(1) === 3 && tries.get(2) === 4, 10_000);
    await sleep(1_000);
    assert.deepEqual([...tries.entries()].sort(), [
      [0, 1],
      [1, 3],
      [2, 4],
    ]);
    assert.equal(ids.size, 1);
    await serving.close();
  });
  await bus.close();
}

async function spreading(t: TestContext, makeBus: () => Promise<Bus>): Promise<void> {
  const [first, second] = [await makeBus(), await makeBus()];
  const { topic } = contract(newTopic('spread'));
  const got = new Map<string, number[]>([
    ['a', []],
    ['b', []],
  ]);
  const noting = (server: string) => handlers({ note: ({ n }) => void got.get(server)?.push(n) });
  const servings: Serving[] = [
    await first.serve(contract(topic), { server: 'a' }, noting('a')),
    await second.serve(contract(topic), { server: 'b' }, noting('b')),
  ];
  const client = first.client(contract(topic), { from: 'test' });
  const lengths = () => [...got.values()].map((numbers) => numbers.length);
  await t.test('fanout reaches every server once', async () => {
    await client.note({ n: 1 }, { fanout: true });
    await until(() => lengths().every((length) => length === 1), 10_000);
  });
  await t.test('a server gets what is addressed to it', async () => {
    for (let n = 0; n < 5; n++) await client.note({ n }, { server: 'b' });
    await until(() => got.get('b')?.length === 6, 10_000);
    assert.equal(got.get('a')?.length, 1);
  });
  await t.test('what goes to the topic is shared, each message handled once', async () => {
    for (let n = 0; n < 20; n++) await client.note({ n });
    await until(() => lengths().reduce((sum, length) => sum + length) === 27, 10_000);
    assert.ok(lengths()[0]! > 1 && lengths()[1]! > 6, `not shared: ${lengths()}`);
  });
  for (const serving of servings) await serving.close();
  await t.test('a fanout to nobody is no error', () => client.note({ n: 1 }, { fanout: true }));
  await first.close();
  await second.close();
}
