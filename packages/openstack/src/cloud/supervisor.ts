import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { CommandError } from '../cli/command-error.ts';
import type { KumoConfig } from '../config/schema.ts';
import { identityOf, type ProcessIdentity } from '../system/process-identity.ts';
import { isHttp } from './daemons.ts';
import { endpointOf } from './environment.ts';
import { daemonsOf } from './process.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const FIRST_RESTART_DELAY_MS = 200;
const MAX_RESTART_DELAY_MS = 5_000;

/** What a child tells its supervisor over IPC. */
export type ChildMessage = { kind: 'ready' } | { kind: 'failed'; message: string };

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
    return new Child(name, file, onChange);
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
  readonly #onChange: () => void;
  #process: ChildProcess | undefined;
  #identity: ProcessIdentity = { pid: 0, startTicks: '' };
  #stopping = false;
  #delayMs = FIRST_RESTART_DELAY_MS;

  constructor(name: string, file: string, onChange: () => void) {
    this.name = name;
    this.#file = file;
    this.#onChange = onChange;
  }

  get identity(): ProcessIdentity {
    return this.#identity;
  }

  /** Resolves when the daemon says that it is ready. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = fork(MAIN, ['node', '--config', this.#file], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        execArgv: process.execArgv,
      });
      this.#process = child;
      this.#identity = identityOf(child.pid ?? 0) ?? this.#identity;
      const timer = setTimeout(
        () =>
          reject(
            new CommandError(
              `${this.name} was not ready after ${READY_TIMEOUT_MS / 1000} s; see: kumo logs ${this.name}`,
            ),
          ),
        READY_TIMEOUT_MS,
      );
      child.on('message', (message: ChildMessage) => {
        clearTimeout(timer);
        if (message.kind === 'failed') return reject(new CommandError(message.message));
        this.#delayMs = FIRST_RESTART_DELAY_MS;
        resolve();
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(
          new CommandError(
            `${this.name} ended (${signal ?? `exit code ${code}`}) before it was ready; see: kumo logs ${this.name}`,
          ),
        );
        this.#startAgain();
      });
    });
  }

  #startAgain(): void {
    if (this.#stopping) return;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, MAX_RESTART_DELAY_MS);
    setTimeout(() => {
      if (this.#stopping) return;
      this.start().then(this.#onChange, (error: Error) => process.stderr.write(`kumo: ${error.message}\n`));
    }, delayMs);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}
