import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud } from './cloud.ts';

/** One entry of `kumo trace SERVER --json`. */
export interface TracedStep {
  step: number;
  from: string;
  to: string;
  kind: string;
  startMs: number | null;
  ms: number | null;
  cached: boolean;
  skipped: false | string;
}

/** FLOW's table: who speaks to whom, over what. */
const FLOW: readonly (readonly [from: string, to: string, ...kinds: string[]])[] = [
  ['client', 'keystone', 'http'],
  ['keystone', 'keystone', 'internal'],
  ['client', 'nova-api', 'http'],
  ['nova-api', 'keystone', 'http'],
  ['keystone', 'nova-api', 'http'],
  ['nova-api', 'nova database', 'sql'],
  ['nova database', 'nova-api', 'sql'],
  ['nova-api', 'nova-scheduler', 'amqp'],
  ['nova-scheduler', 'nova-scheduler', 'amqp'],
  ['nova-scheduler', 'nova database', 'sql', 'http'],
  ['nova-scheduler', 'nova-api', 'amqp'],
  ['nova-scheduler', 'nova-compute', 'amqp'],
  ['nova-compute', 'nova-compute', 'amqp'],
  ['nova-compute', 'nova-conductor', 'amqp'],
  ['nova-conductor', 'nova-conductor', 'amqp'],
  ['nova-conductor', 'nova database', 'sql'],
  ['nova-conductor', 'nova-compute', 'amqp'],
  ['nova-compute', 'nova-compute', 'amqp'],
  ['nova-compute', 'glance-api', 'http'],
  ['glance-api', 'keystone', 'http'],
  ['glance-api', 'nova-compute', 'http'],
  ['nova-compute', 'neutron-server', 'http'],
  ['neutron-server', 'keystone', 'http'],
  ['neutron-server', 'nova-compute', 'http'],
  ['nova-compute', 'cinder-api', 'http'],
  ['cinder-api', 'keystone', 'http'],
  ['cinder-api', 'nova-compute', 'http'],
  ['nova-compute', 'hypervisor', 'native'],
];

/** Steps that begin each before the next one does: what one party does in turn. The cast (12) may leave before the reply (11). */
const IN_TURN: readonly (readonly number[])[] = [
  [1, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  [10, 12, 13, 14, 15, 16, 17, 18, 19, 22, 25, 28],
  [19, 20, 21],
  [22, 23, 24],
  [25, 26, 27],
];

/** Every process writes its spans in batches, half a second apart. */
const WRITTEN_AFTER_MS = 1_000;

/** What `kumo trace` shows of a server that has been built. */
export async function traceOf(cloud: Cloud, serverId: string): Promise<TracedStep[]> {
  await sleep(WRITTEN_AFTER_MS);
  return JSON.parse(await cloud.kumo('trace', serverId, '--json')) as TracedStep[];
}

/** Every step is there with its parties and protocol, in FLOW's order; only `mayBeSkipped` are skipped, each with a reason. */
export function assertFlow(steps: readonly TracedStep[], mayBeSkipped: readonly number[] = []): void {
  assert.deepEqual(
    steps.map(({ step }) => step),
    FLOW.map((_, index) => index + 1),
  );
  for (const { step, from, to, kind, skipped, startMs, ms } of steps) {
    const [wantedFrom, wantedTo, ...kinds] = FLOW[step - 1]!;
    assert.deepEqual([from, to], [wantedFrom, wantedTo], `parties of step ${step}`);
    assert.ok(kinds.includes(kind), `step ${step} is ${kind}, not ${kinds.join(' or ')}`);
    if (mayBeSkipped.includes(step)) {
      assert.equal(typeof skipped, 'string', `step ${step} is not skipped`);
      assert.match(String(skipped), /^the server (has no|boots)/, `the reason for skipping ${step}`);
    } else {
      assert.equal(skipped, false, `step ${step} was skipped: ${skipped}`);
      assert.ok(Number.isFinite(startMs) && Number.isFinite(ms) && ms! >= 0, `step ${step} has no time`);
    }
  }
  for (const turn of IN_TURN) {
    const taken = turn.map((step) => steps[step - 1]!).filter(({ skipped }) => !skipped);
    taken.forEach(({ step, startMs }, index) => {
      const before = taken[index - 1];
      if (before)
        assert.ok(
          before.startMs! <= startMs!,
          `step ${step} (${startMs} ms) began before step ${before.step} (${before.startMs} ms)`,
        );
    });
  }
}
