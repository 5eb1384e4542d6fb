import { chmod, chown } from 'node:fs/promises';
import type { Ids } from './command-as.ts';
import { IdRange } from './id-range.ts';

/** Above what the nodes' blocks take, and below what systemd has for foreign images: 64 for each process of Kumo. */
const FIRST = 0x7fa0_0000;
const EACH = 64;
const PROCESSES = 96_000;

const range = new IdRange({ first: FIRST + (process.pid % PROCESSES) * EACH, count: EACH });
let taken = 0;

/**
 * Runs `work` with an id that nobody else has meanwhile, to which `files` belong for so long; afterwards they are this
 * process' own again, with mode 0600. Their directory must let others pass, and be one that only this process changes.
 *
 * @returns what `work` does; where this process is not root it is given undefined, and the files stay as they are.
 * @throws DriverError (retryable) when 64 run already.
 */
export async function withThrowAwayIds<T>(
  files: readonly string[],
  work: (ids: Ids | undefined) => Promise<T>,
): Promise<T> {
  if (process.getuid?.() !== 0) return work(undefined);
  taken += 1;
  const key = `${taken}`;
  const id = await range.take(key);
  try {
    for (const file of files) await chown(file, id, id);
    return await work({ uid: id, gid: id });
  } finally {
    for (const file of files) await takeBack(file);
    range.release(key);
  }
}

async function takeBack(file: string): Promise<void> {
  await chown(file, 0, 0);
  await chmod(file, 0o600);
}
