/**
 * Logins per second by password with OWASP's parameters of argon2id, and how long the event loop is held up meanwhile:
 * `node packages/keystone/bench/login.ts [seconds] [--json]`. The clients are in the same process: sixteen at a time.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { ADMIN_PASSWORD, passwordAuth, TestKeystone } from '../test/harness.ts';

const CLIENTS = 16;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const seconds = Number(positionals[0] ?? 10);
const keystone = await TestKeystone.start({ config: { passwords: {} }, checkReplies: false });
const body = passwordAuth('admin', ADMIN_PASSWORD, { project: 'admin' });
for (let warm = 0; warm < 8; warm++) await keystone.expect(201, 'POST', '/v3/auth/tokens', { token: null, body });

const times: number[] = [];
/** Of the gaps between two turns of the loop: the most that this thread itself worked in one; the rest is waiting for a core. */
let mostWorkedMs = 0;
let lastCpu = process.threadCpuUsage();
const turns = setInterval(() => {
  const spent = process.threadCpuUsage(lastCpu);
  lastCpu = process.threadCpuUsage();
  mostWorkedMs = Math.max(mostWorkedMs, (spent.user + spent.system) / 1000);
}, 1);
const delay = monitorEventLoopDelay({ resolution: 1 });
const startedAt = performance.now();
const endsAt = startedAt + seconds * 1000;
delay.enable();
await Promise.all(
  Array.from({ length: CLIENTS }, async () => {
    while (performance.now() < endsAt) {
      const from = performance.now();
      await keystone.expect(201, 'POST', '/v3/auth/tokens', { token: null, body });
      times.push(performance.now() - from);
    }
  }),
);
delay.disable();
clearInterval(turns);
const tookSeconds = (performance.now() - startedAt) / 1000;
times.sort((a, b) => a - b);
const at = (part: number) => (times[Math.floor(times.length * part)] ?? 0).toFixed(0);
const held = (percent: number) => (delay.percentile(percent) / 1e6).toFixed(1);
if (values.json)
  console.log(
    JSON.stringify({
      perSecond: times.length / tookSeconds,
      heldUpMs: delay.percentile(100) / 1e6,
      workedMs: mostWorkedMs,
    }),
  );
else report();
await keystone.stop();

function report(): void {
  console.log(`logins, argon2id m=19456 t=2 p=1, ${CLIENTS} at a time: ${(times.length / tookSeconds).toFixed(1)}/s`);
  console.log(`a login: median ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  console.log(
    `event loop held up: median ${held(50)} ms, p99 ${held(99)} ms, p99.9 ${held(99.9)} ms, most ${held(100)} ms`,
  );
  console.log(`most that the loop's own thread worked at a stretch: ${mostWorkedMs.toFixed(1)} ms`);
}
