import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Type as T } from 'typebox';
import { silentLogger } from '../../src/log/index.ts';
import { rpcConformance } from '../../src/rpc/conformance.ts';
import { call, inProcessBus, rpc } from '../../src/rpc/index.ts';

test('the in-process bus conforms', async (t) => {
  await rpcConformance(t, async () => shared());
});

/** Several daemons of one process share one bus, which no single one of them closes. */
const bus = inProcessBus({ log: silentLogger });
const shared = () => ({ ...bus, close: async () => {} });

test('a call takes less than 0.3 ms', async () => {
  const echo = rpc('echo', '1.0', { echo: call(T.Object({ text: T.String() }), T.Object({ text: T.String() })) });
  const serving = await bus.serve(echo, { server: 'a' }, { echo: ({ text }) => ({ text }) });
  const client = bus.client(echo, { from: 'test' });
  for (let n = 0; n < 200; n++) await client.echo({ text: 'warm' });
  const times: number[] = [];
  for (let n = 0; n < 1000; n++) {
    const began = performance.now();
    await client.echo({ text: 'x' });
    times.push(performance.now() - began);
  }
  const median = times.sort((a, b) => a - b)[500]!;
  console.log(`in-process call: median ${median.toFixed(3)} ms`);
  assert.ok(median < 0.3, `${median} ms`);
  await serving.close();
});
