import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signalIfThere } from '@kumo/core/exec';
import { stringify } from 'yaml';
import { CommandError } from '../cli/command-error.ts';
import type { KumoConfig } from '../config/schema.ts';
import { kept, notesOf } from '../system/keeper.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../system/process-identity.ts';
import { isHttp } from './daemons.ts';
import { endpointOf } from './environment.ts';
import { daemonsOf } from './process.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const KEEP_AGAIN_MS = 500;

/** What a child tells its supervisor over IPC. */
export type ChildMessage = { kind: 'ready'; pid: number } | { kind: 'failed'; message: string };

export interface SupervisedDaemon {
  name: string;
  url: string | null;
  process: ProcessIdentity;
}

/** Every daemon in a process of its own, started again when it dies. */
export interface Supervisor {
  daemons(): SupervisedDaemon[];
  stop(): Promise<void>;
}

/**
 * Starts one process per configured daemon, all at once; each waits for the peers that it needs by itself.
 *
 * @param onChange called when a daemon was started again (its pid changed).
 * @throws CommandError when one of them does not become ready; the others are stopped then.
 */
export async function startSupervisor(config: KumoConfig, onChange: () => void): Promise<Supervisor> {
  if (config.bus === 'in-process')
    throw new CommandError('layout: `processes` needs RabbitMQ: set `bus: amqp://user:password@host` in kumo.yaml');
  const directory = join(config.stateDir, 'run', 'nodes');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const children = daemonsOf(config).map(({ name }) => {
    const file = join(directory, `${name}.yaml`);
    writeFileSync(file, stringify({ ...config, layout: 'embedded', daemons: [name] }), { mode: 0o600 });
    return new Child(name, { file, notes: notesOf(config.stateDir, name), onChange });
  });
  const stop = async () => void (await Promise.all(children.map((child) => child.stop())));
  try {
    await Promise.all(children.map((child) => child.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    daemons: () =>
      children.map(({ name, identity }) => ({
        name,
        url: isHttp(name) ? endpointOf(config, name) : null,
        process: identity,
      })),
    stop,
  };
}

class Child {
  readonly name: string;
  readonly #file: string;
  readonly #notes: string;
  readonly #onChange: () => void;
  #keeper: ChildProcess | undefined;
  #identity: ProcessIdentity = { pid: 0, startTicks: '' };
  #stopping = false;

  constructor(name: string, { file, notes, onChange }: { file: string; notes: string; onChange: () => void }) {
    this.name = name;
    this.#file = file;
    this.#notes = notes;
    this.#onChange = onChange;
  }

  get identity(): ProcessIdentity {
    return this.#identity;
  }

  /** Resolves when the daemon says that it is ready, for the first time. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const command = [process.execPath, ...process.execArgv, MAIN, 'node', '--supervised', '--config', this.#file];
      const [program, args] = kept(this.name, this.#notes, command);
      const keeper = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      this.#keeper = keeper;
      const late = `${this.name} was not ready after ${READY_TIMEOUT_MS / 1000} s; see: kumo logs ${this.name}`;
      const timer = setTimeout(() => reject(new CommandError(late)), READY_TIMEOUT_MS);
      // The channel is the daemon's, and that of those which the keeper starts after it.
      keeper.on('message', (message: ChildMessage) => {
        clearTimeout(timer);
        if (message.kind === 'failed') return reject(new CommandError(message.message));
        const isFirst = this.#identity.pid === 0;
        this.#identity = identityOf(message.pid) ?? this.#identity;
        resolve();
        if (!isFirst) this.#onChange();
      });
      keeper.once('error', reject);
      keeper.once('exit', (code, signal) => {
        clearTimeout(timer);
        const how = signal ?? `exit code ${code}`;
        reject(new CommandError(`${this.name} ended (${how}) before it was ready; see: kumo logs ${this.name}`));
        if (this.#identity.pid !== 0) this.#keepAgain();
      });
    });
  }

  /** The keeper itself was killed: the daemon, which nothing would start again, makes room for one that is kept. */
  #keepAgain(): void {
    if (this.#stopping) return;
    if (isAlive(this.#identity)) signalIfThere(this.#identity.pid, 'SIGKILL');
    setTimeout(() => {
      if (!this.#stopping) this.start().catch((error: Error) => process.stderr.write(`kumo: ${error.message}\n`));
    }, KEEP_AGAIN_MS);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const keeper = this.#keeper;
    if (!keeper || keeper.exitCode !== null || keeper.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
    keeper.kill('SIGTERM');
    const timer = setTimeout(() => {
      keeper.kill('SIGKILL');
      if (isAlive(this.#identity)) signalIfThere(this.#identity.pid, 'SIGKILL');
    }, STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}
