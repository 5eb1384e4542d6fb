/**
 * Finds a guest's QEMU and never mistakes another process for it: a process counts only when its command line names this
 * guest's own pid file, and it is signalled only while its start time is still the same.
 */
import { constants } from 'node:fs';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import type { InstancePaths } from './instance-files.ts';
import { isMissing } from './instance-files.ts';

export interface GuestProcess {
  pid: number;
  /** Clock ticks after boot, field 22 of /proc/<pid>/stat. */
  startTicks: number;
}

/**
 * The guest's process, by its pid file.
 * @param options.search looks through all processes when the pid file does not help: QEMU writes it a moment after it
 *   was started, and Kumo may have been killed within that moment.
 */
export async function findProcess(
  paths: InstancePaths,
  options: { search?: boolean } = {},
): Promise<GuestProcess | undefined> {
  const pid = await readPid(paths);
  const named = pid === undefined ? undefined : await identify(pid, paths);
  if (named || !options.search) return named;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const found = await identify(Number(name), paths);
    if (found) return found;
  }
  return undefined;
}

/** QEMU removes its pid file when it ends in order; one that outlives its process tells of a crash. */
export async function hasPidFile(paths: InstancePaths): Promise<boolean> {
  return (await readPid(paths)) !== undefined;
}

/** So that a stop by force is not taken for a crash. */
export async function removePidFile(paths: InstancePaths): Promise<void> {
  await rm(paths.pid, { force: true });
}

export async function isAlive(guest: GuestProcess): Promise<boolean> {
  const stat = await readStat(guest.pid);
  return stat !== undefined && stat.startTicks === guest.startTicks;
}

/** Waits until the process is gone. @returns false when it still runs after `timeoutMs`. */
export async function waitGone(guest: GuestProcess, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = 2; await isAlive(guest); pauseMs = Math.min(pauseMs * 2, 100)) {
    if (Date.now() >= deadline) return false;
    await sleep(pauseMs, undefined, { signal });
  }
  return true;
}

/** SIGKILL, and waits for the end. @throws DriverError (retryable) when the kernel does not let it go. */
export async function killProcess(guest: GuestProcess): Promise<void> {
  if (await isAlive(guest)) {
    try {
      process.kill(guest.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  if (!(await waitGone(guest, 10_000)))
    throw new DriverError(`process ${guest.pid} does not end after SIGKILL`, { retryable: true });
}

/** Seconds that the process has run. */
export async function uptimeS(guest: GuestProcess): Promise<number> {
  const hostUptimeS = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);
  return Math.max(0, Math.floor(hostUptimeS - guest.startTicks / TICKS_PER_SECOND));
}

/** CPU time of one thread. */
export async function threadTimeNs(pid: number, tid: number): Promise<number> {
  const stat = await readStat(`${pid}/task/${tid}`);
  return stat ? (stat.cpuTicks * 1e9) / TICKS_PER_SECOND : 0;
}

/** Memory that the process really holds. */
export async function residentMb(pid: number): Promise<number> {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kb ?? 0) / 1024);
}

/** USER_HZ, which Linux fixes at 100 on x86 for everything in /proc. */
const TICKS_PER_SECOND = 100;

async function readPid(paths: InstancePaths): Promise<number | undefined> {
  try {
    await using file = await open(paths.pid, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    const pid = Number(buffer.toString('latin1', 0, bytesRead).trim());
    return Number.isSafeInteger(pid) && pid > 1 ? pid : 0;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A child of ours, which needs no proof: its command line reads as empty while `setpriv` becomes QEMU. */
export async function identifyChild(pid: number): Promise<GuestProcess | undefined> {
  const stat = await readStat(pid);
  return stat && { pid, startTicks: stat.startTicks };
}

/** The process with this pid, if it is this guest's (or about to become it: `setpriv` has the same arguments). */
export async function identify(pid: number, paths: InstancePaths): Promise<GuestProcess | undefined> {
  const stat = await readStat(pid);
  if (!stat) return undefined;
  const args = (await readProc(`${pid}/cmdline`))?.split('\0') ?? [];
  const ours = args.some((arg, index) => arg === paths.pid && args[index - 1] === '-pidfile');
  return ours ? { pid, startTicks: stat.startTicks } : undefined;
}

async function readStat(pid: number | string): Promise<{ startTicks: number; cpuTicks: number } | undefined> {
  const text = await readProc(`${pid}/stat`);
  if (text === undefined) return undefined;
  // The program's name stands in parentheses and may hold anything; the numbers follow its last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { startTicks: Number(fields[19]), cpuTicks: Number(fields[11]) + Number(fields[12]) };
}

async function readProc(path: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${path}`, 'utf8');
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
    throw error;
  }
}
