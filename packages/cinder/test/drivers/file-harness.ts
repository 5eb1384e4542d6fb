import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@kumo/core/exec';
import type { VolumeDriverHarness } from '../../src/drivers/volume/conformance.ts';
import { type ConnectionInfo, FileDriver, type FileDriverConfig } from '../../src/drivers/volume/index.ts';

export const host = 'storage-1';

/** Where a client of NBD finds a volume. */
export function nbdUri({ data }: ConnectionInfo): string {
  if (data.socket_path) return `nbd+unix:///${data.export_name}?socket=${data.socket_path}`;
  return `nbd://${data.host}:${data.port}/${data.export_name}`;
}

export async function qemuIo(connection: ConnectionInfo, command: string): Promise<string> {
  const { stdout } = await run('qemu-io', ['-f', 'raw', '-c', command, nbdUri(connection)]);
  if (/failed|error/i.test(stdout)) throw new Error(stdout);
  return stdout;
}

export interface FileHarness extends VolumeDriverHarness {
  driver: FileDriver;
  config: FileDriverConfig;
}

/** Directories for drivers; closing it ends what their daemons are and removes all. */
export class FileHarnesses {
  readonly #made: FileHarness[] = [];
  #root = '';

  async make(extra: Partial<FileDriverConfig> = {}): Promise<FileHarness> {
    if (!this.#root) {
      this.#root = await mkdtemp(join(tmpdir(), 'kv-'));
      await chmod(this.#root, 0o711);
    }
    const stateDirectory = join(this.#root, randomUUID().slice(0, 8));
    const config: FileDriverConfig = { stateDirectory, host, ...extra };
    const harness = {
      driver: await FileDriver.open(config),
      config,
      host,
      guestGids: config.owners ? [config.owners.guests.first, config.owners.guests.first + 1] : [],
      endServer: async (volumeId: string) => {
        const pid = Number(await readFile(join(stateDirectory, 'run', volumeId, 'daemon', 'pid'), 'utf8'));
        process.kill(pid, 'SIGKILL');
      },
      write: async (connection: ConnectionInfo, offset: number, byte: number) => {
        await qemuIo(connection, `write -P ${byte} ${offset} 4096`);
      },
      read: async (connection: ConnectionInfo, offset: number) => {
        const [, byte] =
          /^[0-9a-f]{8,}:\s+([0-9a-f]{2})/m.exec(await qemuIo(connection, `read -v ${offset} 512`)) ?? [];
        return Number.parseInt(byte!, 16);
      },
    };
    this.#made.push(harness);
    return harness;
  }

  async close(): Promise<void> {
    // All first: one that is left would start again what another ends.
    for (const { driver } of this.#made) await driver.close();
    for (const { driver } of this.#made) {
      for (const { id } of (await driver.list()).volumes) await driver.terminateConnection(id);
    }
    if (this.#root) await rm(this.#root, { recursive: true, force: true });
  }
}
