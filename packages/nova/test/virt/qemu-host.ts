/** What QEMU tests need around a driver: a state directory, a guest image, an NBD export, a tap, the guest's serial shell. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultIdBounds, NetworkGuard } from '@kumo/core/confine';
import { run } from '@kumo/core/exec';
import { silentLogger } from '@kumo/core/log';
import { terminalProgress } from '../../../openstack/src/cli/progress.ts';
import { guestImage as buildGuestImage } from '../../../openstack/src/content/guest-image.ts';
import type { GuestDisk, GuestHandle, GuestNic, GuestSpec, VirtDriver } from '../../src/drivers/virt/driver.ts';
import { openQemuDriver, type QemuDriver, type QemuDriverOptions } from '../../src/drivers/virt/qemu/qemu-driver.ts';
import { guestSpec } from './guest-spec.ts';

/** The test guest's disk image, built now when this user has none. */
export const guestImage = await buildGuestImage(terminalProgress);

export class QemuHost implements AsyncDisposable {
  readonly stateDir: string;
  readonly #cleanups: (() => unknown)[] = [];

  private constructor(stateDir: string) {
    this.stateDir = stateDir;
  }

  static async create(): Promise<QemuHost> {
    const host = new QemuHost(await mkdtemp(join(tmpdir(), 'kumo-vq-')));
    await chmod(host.stateDir, 0o711);
    if (process.getuid?.() === 0)
      host.#cleanups.push(() => NetworkGuard.remove(defaultIdBounds(host.stateDir, 'guests'), { from: 'test' }));
    host.#cleanups.push(() => rm(host.stateDir, { recursive: true, force: true }));
    // Guests outlive their driver on purpose; they must not outlive their test.
    host.#cleanups.push(async () => {
      for (const pid of await host.#naming(host.stateDir)) process.kill(pid, 'SIGKILL');
    });
    return host;
  }

  open(options: Partial<QemuDriverOptions> = {}): Promise<QemuDriver> {
    return openQemuDriver({ stateDir: this.stateDir, log: silentLogger, ...options });
  }

  spec(overrides: Partial<GuestSpec> = {}): GuestSpec {
    return guestSpec({ image: { baseFile: guestImage, format: 'qcow2' }, ...overrides });
  }

  path(name: string): string {
    return join(this.stateDir, name);
  }

  /** An empty volume, exported over a UNIX socket that the guest's user may connect to. */
  async volume(name: string): Promise<GuestDisk> {
    const file = this.path(`${name}.raw`);
    const socket = this.path(`${name}.sock`);
    await run('qemu-img', ['create', '-q', '-f', 'raw', file, '16M']);
    const server = spawn('qemu-storage-daemon', [
      ...['--blockdev', JSON.stringify({ driver: 'file', 'node-name': 'file', filename: file })],
      ...['--nbd-server', `addr.type=unix,addr.path=${socket}`],
      ...['--export', 'type=nbd,id=export,node-name=file,name=volume,writable=on'],
    ]);
    this.#cleanups.push(() => endProcess(server));
    await until(
      () =>
        access(socket).then(
          () => true,
          () => false,
        ),
      5_000,
      `no ${socket}`,
    );
    await chmod(socket, 0o666);
    return {
      volumeId: crypto.randomUUID(),
      source: { kind: 'nbd', socket, exportName: 'volume' },
      bus: 'virtio',
      readOnly: false,
    };
  }

  async nic(): Promise<GuestNic> {
    const tap = `kvq${Math.random().toString(36).slice(2, 10)}`;
    await run('ip', ['tuntap', 'add', 'dev', tap, 'mode', 'tap', 'user', 'nobody']);
    this.#cleanups.push(() => run('ip', ['link', 'del', tap]));
    return { portId: crypto.randomUUID(), mac: 'fa:16:3e:12:34:56', tap, mtu: 1450 };
  }

  runPath(serverId: string, name: string): string {
    return join(this.stateDir, 'instances', serverId, 'run', name);
  }

  async pid(serverId: string): Promise<number> {
    return Number(await readFile(this.runPath(serverId, 'qemu.pid'), 'utf8'));
  }

  /** Processes and files that name the guest. */
  async leftovers(serverId: string): Promise<string[]> {
    const files = (await readdir(this.stateDir, { recursive: true })).filter((name) => name.includes(serverId));
    return [...files, ...(await this.#naming(serverId)).map((pid) => `process ${pid}`)];
  }

  async #naming(text: string): Promise<number[]> {
    const found: number[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
      if (command.includes(text)) found.push(Number(pid));
    }
    return found;
  }

  /** Kills a process that this test started and waits for its end. */
  async kill(serverId: string): Promise<void> {
    process.kill(await this.pid(serverId), 'SIGKILL');
    await sleep(50);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
  }
}

/** Resolves when the guest's boot is over and its shell waits on the serial line. */
export async function booted(driver: VirtDriver, handle: GuestHandle): Promise<void> {
  const ready = async () => /kumo-guest: up in/.test(await driver.consoleOutput(handle));
  await until(ready, 120_000, 'the guest does not boot');
}

/** Types a command into the root shell on the serial line and gives what it printed. */
export async function shell(socketPath: string, command: string, timeoutMs = 30_000): Promise<string> {
  const socket = createConnection(socketPath);
  await once(socket, 'connect');
  let seen = '';
  socket.on('data', (data) => {
    seen += data.toString();
  });
  try {
    // The marks are put together by the shell, so that the echo of the command does not look like its output.
    socket.write(`\n echo "<""<"; ${command}; echo ">"">"\n`);
    await until(
      async () => /<<\r?\n[\s\S]*>>/.test(seen),
      timeoutMs,
      `no answer to ${command}`,
      () => seen,
    );
    return /<<\r?\n([\s\S]*)>>/.exec(seen)?.[1]?.replaceAll('\r', '').trim() ?? '';
  } finally {
    socket.destroy();
  }
}

export async function until(
  condition: () => Promise<boolean>,
  timeoutMs: number,
  message: string,
  detail = () => '',
): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !(await condition()); await sleep(25)) {
    if (Date.now() > deadline) assert.fail(`${message} ${detail()}`);
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}
