import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUse {
  pid: number;
  command: string;
  rssMib: number;
  /** The proportional share: pages that several processes hold count once in the sum. */
  pssMib: number;
}

/**
 * The processes that belong to a cloud: `root` and its descendants, and those that left its tree but name the state
 * directory or `mark` on their command line (dnsmasq, storage daemons). Guests do not count.
 */
export function processesOf(root: number, stateDir: string, mark: string): ProcessUse[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const parents = new Map(all.map((pid) => [pid, parentOf(pid)]));
  const descends = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === root || descends(parents.get(pid)));
  return all.flatMap((pid) => {
    const command = read(pid, 'cmdline')?.replaceAll('\0', ' ').trim() ?? '';
    const belongs = descends(pid) || command.includes(stateDir) || command.includes(mark);
    if (!belongs || pid === process.pid || command.startsWith('qemu-system')) return [];
    return useOf(pid, command);
  });
}

/** User and system time of a process since its start. */
export function cpuMsOf(pid: number): number {
  const stat = read(pid, 'stat');
  if (!stat) throw new Error(`process ${pid} is gone`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Clock ticks of 10 ms: USER_HZ is 100 on every Linux that Node runs on.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function useOf(pid: number, command: string): ProcessUse[] {
  const rollup = read(pid, 'smaps_rollup');
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup ?? '')?.[1] ?? 0) / 1024;
  return rollup ? [{ pid, command, rssMib: mib('Rss'), pssMib: mib('Pss') }] : [];
}

function parentOf(pid: number): number | undefined {
  const stat = read(pid, 'stat');
  return stat ? Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) : undefined;
}

/** Undefined when the process ended meanwhile. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
