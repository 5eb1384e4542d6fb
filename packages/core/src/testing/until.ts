import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks every few milliseconds until something holds.
 * @throws Error after `timeoutMs`, with the code of what was looked for.
 */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 5_000): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`not within ${timeoutMs} ms: ${holds}`);
    await sleep(5);
  }
}
