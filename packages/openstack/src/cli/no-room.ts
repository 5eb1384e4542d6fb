import { statfsSync } from 'node:fs';
import { CommandError } from './command-error.ts';

/** Less than a database needs to be made. */
const START_NEEDS_BYTES = 8 << 20;

/** What to do about a full disk below the state directory. */
export function noRoom(stateDir: string, cause?: unknown): CommandError {
  return new CommandError(
    `there is no disk space left in ${stateDir}: make room there and do it again, or name another directory with KUMO_STATE=…`,
    { cause },
  );
}

/** Whether something that failed to start may have done so for want of room: on a full disk its own words are lost too. */
export function isOutOfRoom(stateDir: string): boolean {
  const { bavail, bsize } = statfsSync(stateDir);
  return bavail * bsize < START_NEEDS_BYTES;
}
