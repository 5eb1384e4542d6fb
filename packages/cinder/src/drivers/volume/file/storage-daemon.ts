import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import { readIfThere, run, signalIfThere } from '@kumo/core/exec';
import { QmpClient } from '@kumo/core/qmp';
import type { FileOwner } from './file-owner.ts';

const program = 'qemu-storage-daemon';
const exitTimeoutMs = 5_000;
/** A UNIX socket's path, with its final zero, must fit 108 bytes. */
const maxSocketPathBytes = 107;

/**
 * One qemu-storage-daemon in the background. It does not end with this process and is found again by its pid file,
 * whose pid is believed only when that process was started with this daemon's own monitor socket.
 */
export class StorageDaemon {
  readonly #directory: string;
  readonly #owner: FileOwner;
  readonly #from: string;

  constructor(directory: string, owner: FileOwner, from: string) {
    this.#directory = directory;
    this.#owner = owner;
    this.#from = from;
  }

  get #monitorPath(): string {
    return join(this.#directory, 'qmp.sock');
  }

  get #pidPath(): string {
    return join(this.#directory, 'pid');
  }

  /** The pid when the daemon runs. */
  async pid(): Promise<number | undefined> {
    const pid = Number(await readIfThere(this.#pidPath));
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    const commandLine = await readIfThere(`/proc/${pid}/cmdline`);
    const [name, ...args] = commandLine?.split('\0') ?? [];
    const ours = name?.endsWith(program) && args.includes(chardev(this.#monitorPath));
    return ours ? pid : undefined;
  }

  /** Starts the daemon and returns when all that `args` ask for is being served. The caller knows it does not run. */
  async start(args: readonly string[]): Promise<void> {
    assertSocketPath(this.#monitorPath);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await this.#owner.give(this.#directory);
    const own = [
      '--daemonize',
      '--pidfile',
      this.#pidPath,
      '--chardev',
      chardev(this.#monitorPath),
      '--monitor',
      'chardev=control',
    ];
    await run(...this.#owner.command(program, [...own, ...args]), { from: this.#from });
  }

  /** Runs `work` with a connection to the daemon's monitor. */
  async control<T>(work: (client: QmpClient) => Promise<T>): Promise<T> {
    await using client = await QmpClient.connect(this.#monitorPath, { from: this.#from, to: program });
    return await work(client);
  }

  /** Ends the daemon and removes its files; succeeds when it does not run. */
  async stop(): Promise<void> {
    const pid = await this.pid();
    if (pid !== undefined) {
      signalIfThere(pid, 'SIGTERM');
      if (!(await this.#exited(exitTimeoutMs))) {
        signalIfThere(pid, 'SIGKILL');
        if (!(await this.#exited(exitTimeoutMs)))
          throw new DriverError(`${program} ${pid} does not end.`, { retryable: true });
      }
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #exited(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while ((await this.pid()) !== undefined) {
      if (Date.now() > deadline) return false;
      await sleep(10);
    }
    return true;
  }
}

export function assertSocketPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length > maxSocketPathBytes) {
    throw new DriverError(
      `The socket path ${path} has ${length} bytes; choose a run directory that keeps it within ${maxSocketPathBytes}.`,
    );
  }
}

/** In QEMU's option syntax a comma in a value is written twice. */
export function optionValue(value: string): string {
  return value.replaceAll(',', ',,');
}

function chardev(path: string): string {
  return `socket,id=control,path=${optionValue(path)},server=on,wait=off`;
}
