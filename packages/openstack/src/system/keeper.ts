import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityOf, type ProcessIdentity } from './process-identity.ts';

const KEEP = fileURLToPath(new URL('./keep.sh', import.meta.url));

/** How often a kept process was started again, as its keeper notes it. */
export interface Restarts {
  restarts: number;
  /** `SIGKILL`, `exit code 1`. */
  ended: string;
  /** ISO 8601. */
  at: string;
  /** How long the keeper waited, or waits, before it starts it. */
  delayMs: number;
}

/** Where the keeper of the cloud's own process notes its restarts. */
export function notesOf(stateDir: string, name = 'kumo'): string {
  return join(stateDir, 'run', `restarts-${name}.json`);
}

/** Undefined when it was not started again since `kumo up`, or in the last minutes. */
export function readRestarts(notes: string): Restarts | undefined {
  try {
    return JSON.parse(readFileSync(notes, 'utf8')) as Restarts;
  } catch (error) {
    // Half a note is one that could not be written on a full disk.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Program and arguments of a process that runs a command and starts it again when it dies; see keep.sh. */
export function kept(name: string, notes: string, command: readonly string[]): [string, string[]] {
  return ['/usr/bin/env', ['bash', KEEP, name, notes, ...command]];
}

/** The keeper that started this process; undefined when nothing starts it again. */
export function ownKeeper(): ProcessIdentity | undefined {
  return process.env.KUMO_KEEPER === String(process.ppid) ? identityOf(process.ppid) : undefined;
}

/** Tells the keeper that this process does its work: from now on it is started again when it dies. */
export function tellReady(): void {
  const { KUMO_READY: file } = process.env;
  if (!file || !ownKeeper()) return;
  try {
    writeFileSync(file, '', { mode: 0o600 });
  } catch (error) {
    // On a full disk: the keeper then waits longer between two starts, no more.
    process.stderr.write(`kumo: ${file} cannot be written: ${(error as Error).message}\n`);
  }
}
