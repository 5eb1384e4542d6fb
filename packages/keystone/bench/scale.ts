/**
 * The same requests in a cloud of 10 users and in one of 100,000, with 10,000 projects and 1,000,000 assignments:
 * `node packages/keystone/bench/scale.ts [seconds] [request] [--json]`. Both clouds stand side by side, each in a process of
 * its own, and are asked in turn, so that what else the machine does meets both.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Rate } from './load.ts';
import type { Asked, Told } from './scale-cloud.ts';

interface Compared {
  readonly title: string;
  readonly small: readonly Rate[];
  readonly large: readonly Rate[];
  /** CPU of a request in the large cloud against that in the small one, of each round: short ones, for the machine's pace changes within seconds. */
  readonly ratios: readonly number[];
}

const ROUNDS = 7;
const WARM_SECONDS = 1;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const [seconds = '1', only = ''] = positionals;

class Cloud {
  readonly #process: ChildProcess;

  constructor(size: 'small' | 'large') {
    this.#process = fork(join(import.meta.dirname, 'scale-cloud.ts'), [size], { execArgv: process.execArgv });
  }

  async titles(): Promise<readonly string[]> {
    const told = await this.#next();
    return 'titles' in told ? told.titles : [];
  }

  async measure(question: Asked): Promise<Rate> {
    this.#process.send(question);
    const told = await this.#next();
    if (!('rate' in told)) throw new Error('the cloud told no rate');
    return told.rate;
  }

  end(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  async #next(): Promise<Told> {
    const gone = new AbortController();
    const exit = once(this.#process, 'exit', { signal: gone.signal }).then(([code]) => {
      throw new Error(`a cloud ended: exit code ${code}`);
    });
    const [told] = await Promise.race([once(this.#process, 'message', { signal: gone.signal }), exit]);
    exit.catch(() => {});
    gone.abort();
    return told as Told;
  }
}

const small = new Cloud('small');
await small.titles();
const large = new Cloud('large');
try {
  const titles = (await large.titles()).filter((title) => title.includes(only));
  const compared: Compared[] = [];
  for (const title of titles) {
    compared.push(await compare(title));
    if (!values.json) console.log(line(compared.at(-1) as Compared));
  }
  if (values.json) console.log(JSON.stringify(compared));
} finally {
  small.end();
  large.end();
}

async function compare(title: string): Promise<Compared> {
  for (const cloud of [small, large]) await cloud.measure({ title, seconds: WARM_SECONDS });
  const rates: { small: Rate[]; large: Rate[] } = { small: [], large: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.small.push(await small.measure({ title, seconds: Number(seconds) }));
    rates.large.push(await large.measure({ title, seconds: Number(seconds) }));
  }
  const ratios = rates.large.map(({ cpuUs }, round) => cpuUs / (rates.small[round] as Rate).cpuUs);
  return { title, ...rates, ratios };
}

function line({ title, small, large, ratios }: Compared): string {
  const cell = (rates: readonly Rate[]) =>
    rates
      .map(({ perSecond, p50Ms, p99Ms, cpuUs, errors }) =>
        `${Math.round(perSecond)}/s p50 ${p50Ms} p99 ${p99Ms} ms ${Math.round(cpuUs)} us ${errors}`.trim(),
      )
      .join(', ');
  return `${title}: ${ratios.map((one) => one.toFixed(2)).join(' ')}\n  10 users: ${cell(small)}\n  100,000 users: ${cell(large)}`;
}
