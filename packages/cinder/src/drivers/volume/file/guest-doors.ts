import { chmod, chown, link, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError } from '@kumo/core/errors';
import { assertSocket } from './storage-daemon.ts';

/** More guests of one host do not share a volume. */
const maxDoors = 64;

/**
 * The way of one guest to a volume's socket: a directory that only the guest's group may pass, with a second name of the
 * socket. A socket has one group only, and several guests of a host may share a volume; so it is the directories that
 * tell them from everybody else.
 */
export function doorPath(directory: string, gid: number): string {
  return join(directory, `g${gid}`, 'sock');
}

/** Adds a guest's group to those that have a door. @throws DriverError when there are too many. */
export function withDoor(gids: readonly number[], gid: number | undefined): number[] {
  if (gid === undefined || gids.includes(gid)) return [...gids];
  if (gids.length >= maxDoors) throw new DriverError(`Only ${maxDoors} guests of one host can share a volume.`);
  return [...gids, gid];
}

/**
 * Opens the door to `socketPath`, which lies in a directory that only this process changes. After a daemon's restart it is
 * another socket, so this is repeated. Idempotent.
 */
export async function openDoor(directory: string, gid: number, socketPath: string): Promise<void> {
  const door = doorPath(directory, gid);
  const passage = join(directory, `g${gid}`);
  await assertSocket(socketPath);
  // The passage is closed to its group until it is known to be root's.
  await mkdir(passage, { recursive: true, mode: 0o700 });
  await chown(passage, process.getuid?.() ?? 0, gid);
  await chmod(passage, 0o710);
  if (await isSameFile(socketPath, door)) return;
  const next = `${door}.new`;
  await rm(next, { force: true });
  await link(socketPath, next);
  await rename(next, door);
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([lstat(one), lstat(other)]);
    return a.ino === b.ino && a.dev === b.dev;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
