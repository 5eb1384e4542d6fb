import { sleep } from '../api.ts';
import { pidOf, realCloud } from '../bench-cloud.ts';
import type { Section } from '../figures.ts';
import { cpuMsOf, processesOf } from '../process-use.ts';

const IDLE_MS = 10_000;
const SAMPLES = 5;

/**
 * The peer's sums without Heat and Swift (RSS 7433 − 1764, PSS 5267 − 973 MiB), which Kumo does not have yet; its database
 * and its broker are in, as ours are.
 */
const PEER = { rssMib: 5669, pssMib: 4294 };

/** Memory and CPU time of the whole control plane, started a second time, when nobody asks for anything. */
export const memory: Section = {
  name: 'memory',
  async run(say) {
    await using cloud = await realCloud();
    await cloud.up();
    await cloud.down();
    await cloud.up();
    const pid = await pidOf(cloud);
    say(`waiting ${IDLE_MS / 1000} s`);
    await sleep(IDLE_MS);
    const rss: number[] = [];
    const pss: number[] = [];
    const cpu: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample++) {
      const before = cpuMsOf(pid);
      await sleep(2_000);
      cpu.push((cpuMsOf(pid) - before) / 2);
      const processes = processesOf(pid, cloud.stateDir, `kumo-${cloud.cloudId}`);
      rss.push(processes.reduce((sum, { rssMib }) => sum + rssMib, 0));
      pss.push(processes.reduce((sum, { pssMib }) => sum + pssMib, 0));
      if (sample === 0)
        for (const { rssMib, command } of processes) say(`${rssMib.toFixed(1)} MiB  ${command.slice(0, 100)}`);
    }
    const note = 'the peer without Heat and Swift';
    return [
      {
        section: 'memory',
        name: 'idle RSS, all processes',
        unit: 'MiB',
        better: 'lower',
        samples: rss,
        target: 250,
        peer: PEER.rssMib,
        note,
      },
      {
        section: 'memory',
        name: 'idle PSS, all processes',
        unit: 'MiB',
        better: 'lower',
        samples: pss,
        peer: PEER.pssMib,
        note,
      },
      { section: 'memory', name: 'idle CPU, main process', unit: 'CPU ms/s', better: 'lower', samples: cpu, peer: 304 },
    ];
  },
};
