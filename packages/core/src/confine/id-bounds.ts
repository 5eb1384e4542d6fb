import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DriverError } from '../errors/index.ts';

/** `count` ids from `first` on; each is a user's and a group's id at once. */
export interface IdBounds {
  first: number;
  count: number;
}

/** Who has which part of a node's block. */
export type IdUse = 'guests' | 'volumes';

/**
 * 1,879,048,192 up to 2,147,352,575 is what systemd's list of user ids leaves to nobody; below lie accounts, /etc/subuid,
 * systemd's and LXD's containers.
 */
const FIRST = 0x7000_0000;
const BLOCK = 0x1_0000;
const BLOCKS = 4_000;

/**
 * The ids of a node without any setting: one of 4,000 blocks, chosen by the state directory's path, so that two clouds on one
 * host do not share theirs; half of it for guests, half for volumes.
 */
export function defaultIdBounds(stateDir: string, use: IdUse): IdBounds {
  const block = createHash('sha256').update(resolve(stateDir)).digest().readUInt32BE() % BLOCKS;
  const count = BLOCK / 2;
  return { first: FIRST + block * BLOCK + (use === 'guests' ? 0 : count), count };
}

/**
 * Refuses ids that no process of this host can get.
 * @param setting names the setting in what the error says.
 * @throws DriverError inside a user namespace (a container) that has no such ids.
 */
export async function checkIdBounds({ first, count }: IdBounds, setting: string): Promise<void> {
  for (const kind of ['uid', 'gid']) {
    const mapped = (await readFile(`/proc/self/${kind}_map`, 'utf8')).trim().split('\n');
    const ranges = mapped.map((line) => line.trim().split(/\s+/).map(Number) as [number, number, number]);
    if (ranges.some(([from, , size]) => first >= from && first + count <= from + size)) continue;
    const there = ranges.map(([from, , size]) => `${from} to ${from + size - 1}`).join(', ');
    throw new DriverError(
      `the ids ${first} to ${first + count - 1} do not exist in this container, only ${there}: set ${setting} to a part of them that nobody uses`,
    );
  }
}
