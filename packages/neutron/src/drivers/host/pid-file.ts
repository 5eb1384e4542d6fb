import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import { readIfThere, signalIfThere } from '@kumo/core/exec';

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
    if (!signalIfThere(pid, signal)) return;
    for (let waitedMs = 0; waitedMs < 2000; waitedMs += 10) {
      if (!(await readIfThere(`/proc/${pid}/cmdline`))) return;
      await sleep(10);
    }
  }
  throw new DriverError(`Process ${pid} does not end.`, { retryable: true });
}
