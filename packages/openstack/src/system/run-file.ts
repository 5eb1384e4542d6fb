import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

/** One daemon as `kumo status` tells of it. */
export interface RunningService {
  name: string;
  /** Null for daemons that only speak RPC. */
  url: string | null;
  process: ProcessIdentity;
}

/** `run/kumo.json`: what `up` leaves for `down`, `status` and a second `up`. */
export interface RunFile {
  process: ProcessIdentity;
  /** What starts the process again when it dies. */
  keeper?: ProcessIdentity | undefined;
  ready: boolean;
  startedAt: string;
  services: RunningService[];
}

const path = (stateDir: string) => join(stateDir, 'run', 'kumo.json');

/**
 * The running cloud of this state directory, also one whose process has died and is about to be started again by its keeper;
 * undefined when there is none (a file left by a killed one does not count).
 */
export function readRunFile(stateDir: string): RunFile | undefined {
  const file = lastRunFile(stateDir);
  return file && (isAlive(file.process) || isKept(file)) ? file : undefined;
}

/** Whether the process is started again when it dies. */
export function isKept({ keeper }: RunFile): boolean {
  return keeper !== undefined && isAlive(keeper);
}

/** Processes of the cloud that ran here before, or still runs, which have not ended. */
export function livingProcesses(stateDir: string): ProcessIdentity[] {
  const file = lastRunFile(stateDir);
  return file ? [file.process, ...file.services.map(({ process }) => process)].filter(isAlive) : [];
}

export function writeRunFile(stateDir: string, file: RunFile): void {
  const next = `${path(stateDir)}.${process.pid}`;
  writeFileSync(next, JSON.stringify(file), { mode: 0o600 });
  renameSync(next, path(stateDir));
}

export function removeRunFile(stateDir: string): void {
  rmSync(path(stateDir), { force: true });
}

function lastRunFile(stateDir: string): RunFile | undefined {
  return existsSync(path(stateDir)) ? (JSON.parse(readFileSync(path(stateDir), 'utf8')) as RunFile) : undefined;
}
