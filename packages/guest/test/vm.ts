import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { run } from '../src/run.ts';

export const qemuProgram = 'qemu-system-x86_64';

/** One emulated guest with 64 MB, reached over user-mode networking. */
export class Vm {
  readonly #process: ChildProcess;
  readonly #directory: string;
  readonly #port: number;
  readonly started = performance.now();

  private constructor(process: ChildProcess, directory: string, port: number) {
    this.#process = process;
    this.#directory = directory;
    this.#port = port;
  }

  /** `directory` holds key, config.iso and gets serial.log and qmp.sock. */
  static async start(disk: string, directory: string): Promise<Vm> {
    const port = await freePort();
    await writeFile(join(directory, 'serial.log'), '');
    const args = [
      ...['-machine', 'pc,accel=tcg', '-cpu', 'max', '-m', '64', '-smp', '1'],
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none'],
      ...['-drive', `if=none,id=root,file=${disk},format=qcow2`, '-device', 'virtio-blk-pci,drive=root,bootindex=0'],
      ...[
        '-drive',
        `if=none,id=config,file=${join(directory, 'config.iso')},format=raw,readonly=on`,
        '-device',
        'virtio-blk-pci,drive=config',
      ],
      ...['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${port}-:22`, '-device', 'virtio-net-pci,netdev=net,romfile='],
      ...['-device', 'virtio-rng-pci', '-serial', `file:${join(directory, 'serial.log')}`],
      ...['-qmp', `unix:${join(directory, 'qmp.sock')},server=on,wait=off`],
    ];
    return new Vm(spawn(qemuProgram, args, { stdio: ['ignore', 'inherit', 'inherit'] }), directory, port);
  }

  /** Seconds since the start. */
  get age(): number {
    return (performance.now() - this.started) / 1000;
  }

  get exited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  serial(): Promise<string> {
    return readFile(join(this.#directory, 'serial.log'), 'utf8');
  }

  async waitForSerial(text: string, seconds: number, times = 1): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    while (performance.now() < deadline) {
      assert.ok(!this.exited, `qemu ended early; serial console:\n${await this.serial()}`);
      if ((await this.serial()).split(text).length > times) return;
      await sleep(50);
    }
    assert.fail(`no "${text}" on the console within ${seconds} s:\n${await this.serial()}`);
  }

  async ssh(command: string, user = 'root'): Promise<string> {
    const options = [
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'BatchMode=yes',
      'ConnectTimeout=10',
      'LogLevel=ERROR',
    ];
    const flags = options.flatMap((option) => ['-o', option]);
    const target = ['-i', join(this.#directory, 'key'), '-p', `${this.#port}`, `${user}@127.0.0.1`];
    return (await run('ssh', ['-F', 'none', ...flags, ...target, command])).toString().trim();
  }

  /** Each call is a connection of its own; QMP wants its capabilities negotiated first. */
  async qmp(execute: string, args: object = {}): Promise<void> {
    const socket = createConnection(join(this.#directory, 'qmp.sock'));
    try {
      await once(socket, 'connect');
      const commands = [{ execute: 'qmp_capabilities' }, { execute, arguments: args }];
      socket.write(commands.map((command) => JSON.stringify(command)).join('\n'));
      let replies = 0;
      for await (const line of createInterface({ input: socket })) {
        const message = JSON.parse(line);
        if (message.error) throw new Error(`QMP ${execute}: ${message.error.desc}`);
        if ('return' in message && ++replies === commands.length) return;
      }
      throw new Error(`QMP closed before it answered ${execute}`);
    } finally {
      socket.destroy();
    }
  }

  async waitForExit(seconds: number): Promise<void> {
    if (this.exited) return;
    await once(this.#process, 'exit', { signal: AbortSignal.timeout(seconds * 1000) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.exited) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

/** Makes a key pair and a config drive for it. */
export async function makeConfigDrive(directory: string, hostname: string, userData: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test "quoted"', '-f', join(directory, 'key')]);
  const key = await readFile(join(directory, 'key.pub'), 'utf8');
  const latest = join(directory, 'drive/openstack/latest');
  await mkdir(latest, { recursive: true });
  const metadata = {
    uuid: crypto.randomUUID(),
    meta: { note: 'a "b", {c}' },
    hostname: `${hostname}.novalocal`,
    public_keys: { mine: key },
  };
  await writeFile(join(latest, 'meta_data.json'), JSON.stringify(metadata));
  await writeFile(join(latest, 'user_data'), userData);
  await run('genisoimage', [
    '-quiet',
    '-R',
    '-J',
    '-V',
    'config-2',
    '-o',
    join(directory, 'config.iso'),
    join(directory, 'drive'),
  ]);
}
