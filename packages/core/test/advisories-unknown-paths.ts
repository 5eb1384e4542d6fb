/** Asks an app for thousands of paths that are none, and prints what that leaves behind. Run with --expose-gc. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Type as T } from 'typebox';
import { createApp, implement, novaEnvelope, operation } from '../src/http/index.ts';
import { silentLogger } from '../src/log/index.ts';
import { PolicySet } from '../src/policy/index.ts';
import { MetricRegistry } from '../src/telemetry/index.ts';

const showThing = operation({
  name: 'showThing',
  method: 'GET',
  path: '/v2/things/{id}',
  policy: 'none',
  reply: T.Unknown(),
});
const registry = new MetricRegistry();
const requests = registry.counter('requests_total', 'Requests.', ['operation', 'status']);
const app = createApp({
  service: 'test',
  routes: [implement(showThing, () => ({}))],
  envelope: novaEnvelope,
  tokens: null,
  policies: new PolicySet([]),
  log: silentLogger,
  observe: (name, status) => requests.add({ operation: name, status }),
});

async function heapAfter(from: number, to: number): Promise<number> {
  for (let at = from; at < to; at++) {
    const unknown = [`/made-up-${at}`, `/v2/made-up-${at}/x`, `/v2/things/${at}/${'y'.repeat(200)}${at}?z=${at}`];
    await app.inject({ method: 'GET', url: unknown[at % 3] as string });
  }
  // What waits for a timer, or has something to be done at its end, is let go of in another turn.
  for (let turn = 0; turn < 5; turn++) {
    await sleep(50);
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

const before = await heapAfter(0, 3_000);
const grownBytes = (await heapAfter(3_000, 13_000)) - before;
const series = (await registry.render()).match(/^requests_total\{.*$/gm);
process.stdout.write(JSON.stringify({ grownBytes, series }));
