import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';

/**
 * The process of a pid file, if it still runs and is what it was: a pid is used again after a reboot, so the
 * command line must hold `argument`.
 */
export async function runningPid(pidFile: string, argument: string): Promise<number | undefined> {
  const pid = Number((await readIfThere(pidFile))?.trim());
  if (!Number.isInteger(pid) || pid < 2) return undefined;
  const commandLine = await readIfThere(`/proc/${pid}/cmdline`);
  return commandLine?.split('\0').includes(argument) ? pid : undefined;
}

/** Ends a process by SIGTERM, after two seconds by SIGKILL, and waits until it is gone (or a zombie, whose command line is empty). */
export async function endProcess(pid: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!kill(pid, signal)) return;
    for (let waitedMs = 0; waitedMs < 2000; waitedMs += 10) {
      if (!(await readIfThere(`/proc/${pid}/cmdline`))) return;
      await sleep(10);
    }
  }
  throw new DriverError(`Process ${pid} does not end.`, { retryable: true });
}

/** @returns false when there is no such process. */
function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** The text of a file, undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: a process that ended between opening and reading its file in /proc.
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
