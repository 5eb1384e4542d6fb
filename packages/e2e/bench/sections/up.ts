import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { type Cloud, HTTP_DAEMONS } from '../../src/cloud.ts';
import { sleep } from '../api.ts';
import { pidOf, realCloud } from '../bench-cloud.ts';
import type { Section } from '../figures.ts';
import { cpuMsOf } from '../process-use.ts';

const KUMO = fileURLToPath(new URL('../../../../kumo', import.meta.url));
const RUNS = 5;
const GIVE_UP_MS = 60_000;

/** From the exec of `./kumo up` until every HTTP daemon answers, measured from outside; the first `up` made all content. */
export const up: Section = {
  name: 'up',
  async run(say) {
    await using cloud = await realCloud();
    say('first up, which makes everything');
    const firstBegan = performance.now();
    await cloud.up();
    const first = (performance.now() - firstBegan) / 1000;
    await cloud.down();
    const answering: number[] = [];
    const cpu: number[] = [];
    const detached: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      say(`second up, ${run + 1} of ${RUNS}`);
      const second = await untilAnswering(cloud);
      answering.push(second.ms / 1000);
      cpu.push(second.cpuMs / 1000);
      const began = performance.now();
      await cloud.up();
      detached.push((performance.now() - began) / 1000);
      await cloud.down();
    }
    return [
      {
        section: 'up',
        name: 'second up to all endpoints answering',
        unit: 's',
        better: 'lower',
        samples: answering,
        target: 2,
        peer: 75.4,
      },
      { section: 'up', name: 'CPU time of that, all threads', unit: 's', better: 'lower', samples: cpu },
      { section: 'up', name: 'second up --detach until it returns', unit: 's', better: 'lower', samples: detached },
      {
        section: 'up',
        name: 'first up with packages and guest image there',
        unit: 's',
        better: 'lower',
        samples: [first],
        peer: 127,
      },
    ];
  },
};

async function untilAnswering(cloud: Cloud): Promise<{ ms: number; cpuMs: number }> {
  const began = performance.now();
  const child = spawn(KUMO, ['--config', cloud.configFile, 'up'], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await Promise.all(HTTP_DAEMONS.map((daemon) => untilOneAnswers(cloud.url(daemon), child)));
    const ms = performance.now() - began;
    // Of the cloud's process, which the command's keeps.
    return { ms, cpuMs: cpuMsOf(await pidOf(cloud)) };
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
}

async function untilOneAnswers(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + GIVE_UP_MS;
  while ((await statusOf(`${endpoint}/healthcheck`)) !== 200) {
    if (child.exitCode !== null) throw new Error(`kumo up ended with exit code ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`${endpoint} did not answer`);
    await sleep(5);
  }
}

/** 0 while nobody listens. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).once('error', () => resolve(0));
  });
}
