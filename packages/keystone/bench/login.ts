/**
 * Logins per second by password with OWASP's parameters of argon2id, on all cores, and how long the event loop is held up
 * meanwhile: `node packages/keystone/bench/login.ts [seconds] [--json]`, with `MALLOC_MMAP_THRESHOLD_` as in the launcher
 * `kumo` (ADR 0007), which `npm run bench -- identity` sees to. The clients are wrk's, sixteen at a time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { listen } from '@kumo/core/http';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { ADMIN_PASSWORD, bootstrapFor, passwordAuth, TestKeystone } from '../test/harness.ts';
import { rateUnder } from './load.ts';

/** One run alone says little of its longest gap: others work on this machine too. */
const RUNS = 3;
const WARM_SECONDS = 3;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const seconds = Number(positionals[0] ?? 10);
const dir = mkdtempSync(join(tmpdir(), 'kumo-login-bench-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const keystone = await TestKeystone.start({
  bootstrap: bootstrapFor(url),
  config: { passwords: {} },
  checkReplies: false,
});
if (!keystone.daemon.app) throw new Error('Keystone has no HTTP side');
await listen(keystone.daemon.app, { host: '127.0.0.1', port });
const body = JSON.stringify(passwordAuth('admin', ADMIN_PASSWORD, { project: 'admin' }));
const script = `wrk.method = "POST"
wrk.path = "/v3/auth/tokens"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[${body}]]
`;
const logIn = (forSeconds: number) => rateUnder(script, { url, seconds: forSeconds, path: join(dir, 'login.lua') });
await logIn(WARM_SECONDS);

interface Run {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Gaps between two turns of the loop: their 99.9th percentile, and the longest. */
  readonly mostlyHeldUpMs: number;
  readonly heldUpMs: number;
  /** The most that the loop's thread itself worked in one; the rest is waiting for a core. */
  readonly workedMs: number;
}

async function measured(): Promise<Run> {
  let workedMs = 0;
  let lastCpu = process.threadCpuUsage();
  const turns = setInterval(() => {
    const spent = process.threadCpuUsage(lastCpu);
    lastCpu = process.threadCpuUsage();
    workedMs = Math.max(workedMs, (spent.user + spent.system) / 1000);
  }, 1);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const { perSecond, p50Ms, p99Ms, errors } = await logIn(seconds);
  delay.disable();
  clearInterval(turns);
  if (errors) throw new Error(errors);
  const held = (percent: number) => delay.percentile(percent) / 1e6;
  return { perSecond, p50Ms, p99Ms, mostlyHeldUpMs: held(99.9), heldUpMs: held(100), workedMs };
}

const runs: Run[] = [];
for (let run = 0; run < RUNS; run += 1) {
  const figures = await measured();
  runs.push(figures);
  if (!values.json) console.log(line(figures));
}
if (values.json) console.log(JSON.stringify(runs));
await keystone.stop();
rmSync(dir, { recursive: true });

function line({ perSecond, p50Ms, p99Ms, mostlyHeldUpMs, heldUpMs, workedMs }: Run): string {
  const [most, all, own] = [mostlyHeldUpMs, heldUpMs, workedMs].map((ms) => ms.toFixed(1));
  return `${perSecond}/s, median ${p50Ms} ms, p99 ${p99Ms} ms; gaps of the event loop: 99.9 % within ${most} ms, all within ${all} ms, own work within ${own} ms`;
}
