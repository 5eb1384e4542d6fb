import { readFileSync } from 'node:fs';

/** A process that is told apart from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** Field 22 of `/proc/<pid>/stat`: clock ticks since boot. */
  startTicks: string;
}

/** Undefined when there is no such process, or only its zombie: it has ended and nobody has asked how yet. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    const startTicks = fields[19];
    return startTicks && state !== 'Z' && state !== 'X' ? { pid, startTicks } : undefined;
  } catch {
    return undefined;
  }
}

export function isAlive(process: ProcessIdentity): boolean {
  const now = identityOf(process.pid);
  return now?.startTicks === process.startTicks;
}
