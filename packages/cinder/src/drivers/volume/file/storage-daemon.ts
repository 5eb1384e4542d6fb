import { chmod, chown, lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandAs, type Ids } from '@kumo/core/confine';
import { DriverError } from '@kumo/core/errors';
import { readIfThere, run, signalIfThere } from '@kumo/core/exec';
import { QmpClient } from '@kumo/core/qmp';

const program = 'qemu-storage-daemon';
const exitTimeoutMs = 5_000;
/** A UNIX socket's path, with its final zero, must fit 108 bytes. */
const maxSocketPathBytes = 107;

export interface DaemonOptions {
  /** Of the process; undefined for this one's own. */
  ids?: Ids;
  /** Whether it may use the host's network. */
  network?: boolean;
}

/**
 * One qemu-storage-daemon in the background. It does not end with this process and is found again by its pid file,
 * whose pid is believed only when that process was started with this daemon's own monitor socket.
 *
 * Its directory is its own while it starts, to make its sockets there, and this process's from then on: what a client
 * makes of the daemon cannot put another volume's socket in the place of its own.
 */
export class StorageDaemon {
  readonly #directory: string;
  readonly #from: string;

  constructor(directory: string, from: string) {
    this.#directory = directory;
    this.#from = from;
  }

  get #monitorPath(): string {
    return join(this.#directory, 'qmp.sock');
  }

  get #pidPath(): string {
    return join(this.#directory, 'pid');
  }

  /** Nothing is ever said there; the connection ends with the daemon. */
  get lifePath(): string {
    return join(this.#directory, 'life');
  }

  /** The pid when the daemon runs. */
  async pid(): Promise<number | undefined> {
    const pid = Number(await readIfThere(this.#pidPath));
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    const commandLine = await readIfThere(`/proc/${pid}/cmdline`);
    const [name, ...args] = commandLine?.split('\0') ?? [];
    const ours = name?.endsWith(program) && args.includes(chardev('control', this.#monitorPath));
    return ours ? pid : undefined;
  }

  /** Whom the running daemon runs as, which is not always whom it would be started as now. */
  async ids(): Promise<Ids | undefined> {
    const pid = await this.pid();
    const status = pid === undefined ? undefined : await readIfThere(`/proc/${pid}/status`);
    const [, uid] = /^Uid:\s+(\d+)/m.exec(status ?? '') ?? [];
    const [, gid] = /^Gid:\s+(\d+)/m.exec(status ?? '') ?? [];
    return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
  }

  /** Starts the daemon and returns when all that `args` ask for is being served. The caller knows it does not run. */
  async start(args: readonly string[], { ids, network = false }: DaemonOptions): Promise<void> {
    assertSocketPath(this.#monitorPath);
    await rm(this.#directory, { recursive: true, force: true });
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    if (ids) await chown(this.#directory, ids.uid, ids.gid);
    const own = [
      ...['--daemonize', '--pidfile', this.#pidPath],
      ...['--chardev', chardev('control', this.#monitorPath), '--monitor', 'chardev=control'],
      ...['--chardev', chardev('life', this.lifePath)],
    ];
    const namespaces = network ? (['ipc', 'uts'] as const) : (['net', 'ipc', 'uts'] as const);
    await run(...commandAs(ids, program, [...own, ...args], { namespaces }), { from: this.#from });
    await this.seal();
  }

  /** Takes the daemon's directory from it. Idempotent. @throws DriverError when the daemon has changed it before. */
  async seal(): Promise<void> {
    await sealDirectory(this.#directory, { mode: 0o700, gid: process.getgid?.() ?? 0 });
    await assertSocket(this.#monitorPath);
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

/** From here on only this process changes what is in the directory; its group may pass through with mode 0710. */
export async function sealDirectory(path: string, { mode, gid }: { mode: number; gid: number }): Promise<void> {
  await chown(path, process.getuid?.() ?? 0, gid);
  await chmod(path, mode);
}

/** @throws DriverError for anything else under that name, a link to a socket too. */
export async function assertSocket(path: string): Promise<void> {
  if (!(await lstat(path)).isSocket())
    throw new DriverError(
      `${path} is not the socket that its storage daemon made: end the daemon and look for the cause.`,
    );
}

function chardev(id: string, path: string): string {
  return `socket,id=${id},path=${optionValue(path)},server=on,wait=off`;
}
