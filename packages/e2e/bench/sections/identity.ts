import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KUMO } from '../../src/cloud.ts';
import { succeed } from '../../src/command.ts';
import type { Figure, Section } from '../figures.ts';
import { memoryThroughLogins } from '../login-memory.ts';

const BENCHES = join(import.meta.dirname, '../../../keystone/bench');
/** A million take ten minutes: `node packages/e2e/bench/login-memory.ts`. */
const LOGINS = 100_000;
/** How much dearer a request may be in a cloud of 100,000 users. */
const FLAT = 1.2;
const NOTE = 'ours on one core, the peer on two that it shared with wrk';

interface Rate {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  cpuUs: number;
  errors: string;
}

interface LoginRun {
  perSecond: number;
  /** Gaps between two turns of the event loop: the longest, and the 99.9th percentile. */
  heldUpMs: number;
  mostlyHeldUpMs: number;
  /** The most that the loop's thread itself worked in one. */
  workedMs: number;
}

interface Sizes {
  title: string;
  small: Rate[];
  large: Rate[];
  /** CPU of a request in the large cloud against that in the small one, of each round. */
  ratios: number[];
}

/** The one of `bench/scale.ts` whose time counts: a user's effective roles through 10 levels. */
const ALONE = 'the same, one at a time';

/** What of `bench/tokens.ts` has a target, and what the peer did with as many connections (rescope: with 8). */
const WANTED: Record<string, { perSecond: number; p99Ms?: number; peer: number }> = {
  'validate uncached, with catalog': { perSecond: 8_000, p99Ms: 10, peer: 85.1 },
  'exchange for another scope': { perSecond: 4_000, peer: 72 },
  'list 100 projects': { perSecond: 3_000, peer: 69 },
};

/** A Keystone alone, without the rest of a cloud: its own benches, each in a process of its own. */
export const identity: Section = {
  name: 'identity',
  async run(say) {
    say('tokens and projects');
    const rates = await bench<{ title: string; runs: Rate[] }[]>('tokens.ts', '4');
    say('logins');
    const logins = await bench<LoginRun[]>('login.ts', '10');
    say(`memory through ${LOGINS} logins`);
    const memory = await memoryThroughLogins(LOGINS, say);
    say('10 users against 100,000');
    const scale = await bench<Sizes[]>('scale.ts', '1');
    return [
      ...rates.flatMap(({ title, runs }) => rateFigures(title, runs)),
      ...loginFigures(logins),
      figure(`resident memory through ${LOGINS} logins`, 'MiB', 'lower', [memory.mostMib], {
        target: 190,
        note: 'cheap hashes, 5,000 users; 200 MB are 190.7 MiB',
      }),
      ...scale.map(scaleFigure),
      ...scale.filter(({ title }) => title === ALONE).map(aloneFigure),
    ];
  },
};

/** What the launcher starts Node with (ADR 0005 and 0010): figures shall be those of what people run. */
function launcherOptions(): string[] {
  const options = /^exec "\$node" (--.*) "\$root/m.exec(readFileSync(KUMO, 'utf8'))?.[1];
  if (options === undefined) throw new Error(`${KUMO} says no longer how it starts Node`);
  return options.split(' ');
}

/** What the launcher sets for malloc (ADR 0007), unless the environment says something else. */
function launcherEnvironment(): Record<string, string> {
  const [, name, value] = /^export (MALLOC_\w+)=\$\{\1:-(\d+)\}$/m.exec(readFileSync(KUMO, 'utf8')) ?? [];
  if (name === undefined || value === undefined) throw new Error(`${KUMO} says no longer what it sets for malloc`);
  return { [name]: process.env[name] ?? value };
}

async function bench<T>(file: string, amount: string): Promise<T> {
  const args = [...launcherOptions(), join(BENCHES, file), amount, '--json'];
  const options = { env: launcherEnvironment(), timeoutMs: 600_000 };
  return JSON.parse(await succeed(process.execPath, args, options)) as T;
}

function rateFigures(title: string, runs: readonly Rate[]): Figure[] {
  const failed = runs.find(({ errors }) => errors !== '');
  if (failed) throw new Error(`${title}: ${failed.errors}`);
  const { perSecond, p99Ms, peer } = WANTED[title] ?? {};
  const wanted = { ...(perSecond === undefined ? {} : { target: perSecond, note: NOTE }), ...(peer && { peer }) };
  const rates = runs.map((run) => run.perSecond);
  const slowest = runs.map((run) => run.p99Ms);
  const cpu = runs.map((run) => run.cpuUs / 1000);
  return [
    figure(title, 'req/s', 'higher', rates, wanted),
    figure(`${title}: p99`, 'ms', 'lower', slowest, p99Ms === undefined ? {} : { target: p99Ms }),
    figure(`${title}: CPU per request`, 'ms', 'lower', cpu),
  ];
}

function loginFigures(runs: readonly LoginRun[]): Figure[] {
  const note = 'on two cores, argon2id m=19456 t=2 p=1; the peer hashes with bcrypt';
  const waiting = { note: 'with the time in which others had both cores' };
  const samples = (of: keyof LoginRun) => runs.map((run) => run[of]);
  return [
    figure('logins by password', 'req/s', 'higher', samples('perSecond'), { target: 40, peer: 4.1, note }),
    figure('logins: most that the event loop worked at a stretch', 'ms', 'lower', samples('workedMs'), { target: 10 }),
    figure('logins: gaps between two turns of the loop, 99.9 %', 'ms', 'lower', samples('mostlyHeldUpMs'), waiting),
    figure('logins: longest gap between two turns of the loop', 'ms', 'lower', samples('heldUpMs'), waiting),
  ];
}

function scaleFigure({ title, small, large, ratios }: Sizes): Figure {
  for (const { errors } of [...small, ...large]) if (errors !== '') throw new Error(`${title}: ${errors}`);
  const note =
    'CPU of a request in a cloud of 100,000 users, 10,000 projects, 1,000,000 assignments against one of 10 users';
  return figure(`${title}: 100,000 users against 10`, 'times', 'lower', ratios, { target: FLAT, note });
}

function aloneFigure({ large }: Sizes): Figure {
  const name = 'effective role assignments of a user in 10 levels, one request at a time';
  const times = large.map(({ p50Ms }) => p50Ms);
  return figure(name, 'ms', 'lower', times, { target: 10, note: 'in the cloud of 100,000 users' });
}

function figure(
  name: string,
  unit: Figure['unit'],
  better: Figure['better'],
  samples: number[],
  wanted: Pick<Figure, 'target' | 'peer' | 'note'> = {},
): Figure {
  return { section: 'identity', name, unit, better, samples, ...wanted };
}
