import { succeed } from '../src/command.ts';

const SERVER_CORE = '0';
const CLIENT_CORE = '1';
const SECONDS = 5;
const RUNS = 3;

/** Keeps a process and all its threads on one core, so that `req/s` means requests per second and core. */
export async function pinToOneCore(pid: number): Promise<void> {
  await succeed('taskset', ['-acp', SERVER_CORE, String(pid)]);
}

/** Requests per second of one URL, once per run, with `wrk` on the other core; any answer but 2xx or 3xx is an error. */
export async function requestsPerSecond(
  url: string,
  headers: Record<string, string>,
  connections: number,
): Promise<number[]> {
  const flags = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const run = async (seconds: number) => {
    const text = await succeed('taskset', [
      '-c',
      CLIENT_CORE,
      'wrk',
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      ...flags,
      url,
    ]);
    const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(text);
    if (failed) throw new Error(`wrk ${url}: ${failed[0]}`);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  };
  await run(2);
  const rates: number[] = [];
  for (let count = 0; count < RUNS; count++) rates.push(await run(SECONDS));
  return rates;
}
