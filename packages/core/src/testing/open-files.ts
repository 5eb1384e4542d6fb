import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Descriptors that this process has open below `path`, files without a name too. */
export function openBelow(path: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(path) ? [target] : [];
    } catch {
      // The descriptor that listed them.
      return [];
    }
  });
}

/** Runs the collector until nothing is left of what nobody holds: Node fails here for a `FileHandle` that was left open. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    await sleep(10);
    collect();
  }
  await sleep(10);
}

/**
 * Resolves when nothing below `path` is open any more and the collector has found nothing to end the process for.
 * @throws Error naming the files after 2 s.
 */
export async function untilNothingOpen(path: string): Promise<void> {
  const endsAt = performance.now() + 2_000;
  for (let left = openBelow(path); left.length > 0; left = openBelow(path)) {
    if (performance.now() > endsAt) throw new Error(`left open: ${left.join(', ')}`);
    await sleep(10);
  }
  await collectGarbage();
}
