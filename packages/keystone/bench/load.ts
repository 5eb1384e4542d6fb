/** Load by `wrk` (Debian) on this very process: it on one core, wrk on the other, so that `req/s` are those of one core. */
import { writeFileSync } from 'node:fs';
import { run } from '@kumo/core/exec';

const SERVER_CORE = '0';
const CLIENT_CORE = '1';
const CONNECTIONS = 16;

/** What one run showed. Of a busy machine `cpuUs` tells more than the rate. */
export interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of this process, all its threads, for one request. */
  readonly cpuUs: number;
  /** Empty when all answers were 2xx or 3xx. */
  readonly errors: string;
}

/** This process and all its threads. */
export async function pinToOneCore(): Promise<void> {
  await run('taskset', ['-acp', SERVER_CORE, String(process.pid)]);
}

/** @param script Lua; written to `path` for wrk. */
export async function rateUnder(
  script: string,
  options: { url: string; seconds: number; path: string; connections?: number },
): Promise<Rate> {
  const { url, seconds, path, connections = CONNECTIONS } = options;
  writeFileSync(path, script);
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', path, url];
  const before = process.cpuUsage();
  const { stdout } = await run('taskset', ['-c', CLIENT_CORE, ...wrk], { timeoutMs: (seconds + 20) * 1000 });
  const { user, system } = process.cpuUsage(before);
  const find = (pattern: RegExp) => pattern.exec(stdout)?.[1] ?? '';
  return {
    perSecond: Number(find(/Requests\/sec:\s+([\d.]+)/)),
    p50Ms: milliseconds(find(/\n\s+50%\s+(\S+)/)),
    p99Ms: milliseconds(find(/\n\s+99%\s+(\S+)/)),
    cpuUs: (user + system) / Number(find(/(\d+) requests in/)),
    errors: /Non-2xx.*|Socket errors.*/.exec(stdout)?.[0] ?? '',
  };
}

/** `1.20ms`, `800.00us`, `1.05s`. */
function milliseconds(text: string): number {
  const [, value, unit = ''] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN);
}
