import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../api.ts';
import { type BareGuest, bareGuestLike, bootBare, untilLine } from '../bare-qemu.ts';
import { realCloud } from '../bench-cloud.ts';
import { median, type Section } from '../figures.ts';

const PAIRS = 5;
/** What the guest's first process writes. */
const LINE = 'kumo-guest: init';

/** A real guest through the whole cloud against the same guest from a bare command line, in turns. */
export const boot: Section = {
  name: 'boot',
  async run(say) {
    await using cloud = await realCloud();
    await cloud.up();
    const api = await Api.login(cloud, 'demo');
    const body = await api.smallServer('bench');
    const directory = mkdtempSync(join(tmpdir(), 'kumo-bench-'));
    const kumo: number[] = [];
    const bare: number[] = [];
    try {
      let guest: BareGuest | undefined;
      for (let pair = -1; pair < PAIRS; pair++) {
        const began = performance.now();
        const id = await api.createServer(body);
        const instance = join(cloud.stateDir, 'nova', 'instances', id);
        await untilLine(join(instance, 'console.log'), LINE);
        const kumoMs = performance.now() - began;
        await api.untilActive(id, 50);
        const pid = Number(readFileSync(join(instance, 'run', 'qemu.pid'), 'utf8'));
        guest ??= await bareGuestLike(pid, join(instance, 'disk'), directory);
        await api.deleteAllServers();
        const bareMs = await bootBare(guest, LINE);
        say(
          `${pair < 0 ? 'warm-up' : `pair ${pair + 1}`}: Kumo ${kumoMs.toFixed(0)} ms, bare QEMU ${bareMs.toFixed(0)} ms`,
        );
        if (pair < 0) continue;
        kumo.push(kumoMs / 1000);
        bare.push(bareMs / 1000);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    const overhead = kumo.map((seconds, pair) => seconds - bare[pair]!);
    const note = `median of the differences; difference of the medians: ${(median(kumo) - median(bare)).toFixed(2)} s`;
    return [
      { section: 'boot', name: "Kumo: POST /servers to the guest's init", unit: 's', better: 'lower', samples: kumo },
      { section: 'boot', name: "bare QEMU: exec to the guest's init", unit: 's', better: 'lower', samples: bare },
      {
        section: 'boot',
        name: 'overhead over bare QEMU',
        unit: 's',
        better: 'lower',
        samples: overhead,
        target: 0.7,
        note,
      },
    ];
  },
};
