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
  ready: boolean;
  startedAt: string;
  services: RunningService[];
}

const path = (stateDir: string) => join(stateDir, 'run', 'kumo.json');

/** The running cloud of this state directory; undefined when there is none (a file left by a killed one does not count). */
export function readRunFile(stateDir: string): RunFile | undefined {
  if (!existsSync(path(stateDir))) return undefined;
  const file = JSON.parse(readFileSync(path(stateDir), 'utf8')) as RunFile;
  return isAlive(file.process) ? file : undefined;
}

export function writeRunFile(stateDir: string, file: RunFile): void {
  const next = `${path(stateDir)}.${process.pid}`;
  writeFileSync(next, JSON.stringify(file), { mode: 0o600 });
  renameSync(next, path(stateDir));
}

export function removeRunFile(stateDir: string): void {
  rmSync(path(stateDir), { force: true });
}
