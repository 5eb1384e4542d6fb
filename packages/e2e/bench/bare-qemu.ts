import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { succeed } from '../src/command.ts';

/** Options that make up the guest's hardware; all others are about control, isolation and names. */
const HARDWARE = new Set([
  '-machine',
  '-accel',
  '-cpu',
  '-smp',
  '-m',
  '-rtc',
  '-boot',
  '-display',
  '-object',
  '-device',
]);
const FLAGS = new Set(['-no-user-config', '-nodefaults']);

/** What a person would type to boot the guest that Kumo runs as process `pid`: the same hardware, user-mode network. */
export interface BareGuest {
  program: string;
  args: string[];
  console: string;
  /** Makes the fresh disk that every boot begins with. */
  makeDisk: () => Promise<unknown>;
}

/**
 * @param disk the overlay of the Kumo guest, on whose base image a fresh one is made.
 * @param directory of the benchmark's own.
 */
export async function bareGuestLike(pid: number, disk: string, directory: string): Promise<BareGuest> {
  const [program, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  const overlay = join(directory, 'disk');
  const console = join(directory, 'console.log');
  const kept: string[] = ['-serial', `file:${console}`];
  for (let index = 0; index < args.length; index++) {
    const option = args[index]!;
    if (FLAGS.has(option)) {
      kept.push(option);
      continue;
    }
    const value = args[++index] ?? '';
    if (HARDWARE.has(option)) kept.push(option, value);
    else if (option === '-blockdev') kept.push(option, value.replaceAll(disk, overlay));
    else if (option === '-netdev') kept.push(option, `user,id=${/(?:^|,)id=([^,]+)/.exec(value)?.[1]}`);
  }
  const info = JSON.parse(await succeed('qemu-img', ['info', '-U', '--output=json', disk])) as Record<string, string>;
  const base = ['-b', info['full-backing-filename']!, '-F', info['backing-filename-format']!];
  const create = ['create', '-q', '-f', 'qcow2', ...base, overlay, String(info['virtual-size'])];
  return { program: program!, args: kept, console, makeDisk: () => succeed('qemu-img', create) };
}

/** Milliseconds from the exec of QEMU until `line` is on the guest's console; the guest is ended then. */
export async function bootBare(guest: BareGuest, line: string): Promise<number> {
  writeFileSync(guest.console, '');
  await guest.makeDisk();
  const began = performance.now();
  const child = spawn(guest.program, guest.args, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await untilLine(guest.console, line, child);
    return performance.now() - began;
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null) await once(child, 'exit');
  }
}

const POLL_MS = 5;
const GIVE_UP_MS = 120_000;

/** Waits for a line on a console that a file keeps; the file may not be there yet. */
export async function untilLine(file: string, line: string, child?: ChildProcess): Promise<void> {
  const deadline = performance.now() + GIVE_UP_MS;
  while (!textOf(file).includes(line)) {
    if (child && child.exitCode !== null) throw new Error(`qemu ended with exit code ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`no '${line}' in ${file}:\n${textOf(file).slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
