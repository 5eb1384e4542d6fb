import { succeed } from '../src/command.ts';
import type { Figure } from './figures.ts';
import { cpuMsOf } from './process-use.ts';

const SERVER_CORE = '0';
const CLIENT_CORE = '1';
const WARM_UP_SECONDS = 2;
const SECONDS = 5;
const RUNS = 3;

/** Keeps a process and all its threads on one core, so that `req/s` means requests per second and core. */
export async function pinToOneCore(pid: number): Promise<void> {
  await succeed('taskset', ['-acp', SERVER_CORE, String(pid)]);
}

export interface Load {
  url: string;
  headers: Record<string, string>;
  connections: number;
  /** The process that serves. */
  pid: number;
}

export interface Rates {
  perSecond: number[];
  /** CPU time of the serving process per request: tells more than the rate when others use the machine as well. */
  cpuMs: number[];
}

/** Loads one URL with `wrk` on the other core, several times; any answer but 2xx or 3xx is an error. */
export async function ratesUnder({ url, headers, connections, pid }: Load): Promise<Rates> {
  const flags = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const run = async (seconds: number) => {
    const before = cpuMsOf(pid);
    const text = await succeed('taskset', [
      ...['-c', CLIENT_CORE, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, ...flags, url],
    ]);
    const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(text);
    if (failed) throw new Error(`wrk ${url}: ${failed[0]}`);
    const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
    return {
      perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
      cpuMs: (cpuMsOf(pid) - before) / requests,
    };
  };
  await run(WARM_UP_SECONDS);
  const runs: Awaited<ReturnType<typeof run>>[] = [];
  for (let count = 0; count < RUNS; count++) runs.push(await run(SECONDS));
  return { perSecond: runs.map(({ perSecond }) => perSecond), cpuMs: runs.map(({ cpuMs }) => cpuMs) };
}

/** The two figures of one load. */
export function rateFigures(
  { perSecond, cpuMs }: Rates,
  { section, name, peer }: { section: string; name: string; peer: { perSecond: number; cpuMs: number } },
): Figure[] {
  const note =
    'ours on one core, the peer on two that it shared with wrk; its CPU time is that of all services and databases';
  return [
    { section, name, unit: 'req/s', better: 'higher', samples: perSecond, target: 2000, peer: peer.perSecond, note },
    { section, name: `${name}: CPU per request`, unit: 'ms', better: 'lower', samples: cpuMs, peer: peer.cpuMs },
  ];
}
