import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DriverError } from '@kumo/core/errors';
import type { ConnectionInfo } from '../driver.ts';
import { copyExported, ensureExported, nbdExport, rawFileNode, resizeExported, volumeNode } from './block-node.ts';
import { type ExportRecord, ExportRecords } from './export-records.ts';
import type { FileOwner } from './file-owner.ts';
import { assertSocketPath, optionValue, StorageDaemon } from './storage-daemon.ts';
import { bytesPerGb } from './volume-files.ts';

export const reconnectDelaySeconds = 60;

export interface ExportOptions {
  recordDirectory: string;
  runDirectory: string;
  /** The name of this host, as connectors give it. */
  host: string;
  owner: FileOwner;
  /** The address on the storage network at which other hosts reach volumes; without it they cannot. */
  exportAddress?: string;
  exportPorts: { first: number; last: number };
  from: string;
  volumePath(volumeId: string): string;
}

/**
 * Serves connected volumes over NBD. Each volume has a storage daemon of its own: 5 MB of memory, and whoever may open
 * one volume's socket, or crashes its server, has nothing of another's. A daemon serves either UNIX clients or TCP
 * clients, so other hosts go through a second daemon, the gateway, that is a client of the first.
 */
export class VolumeExports {
  readonly #options: ExportOptions;
  readonly #records: ExportRecords;
  /** Chosen, but not yet written to a record. */
  readonly #reservedPorts = new Set<number>();

  private constructor(options: ExportOptions, records: ExportRecords) {
    this.#options = options;
    this.#records = records;
  }

  static async open(options: ExportOptions): Promise<VolumeExports> {
    await mkdir(options.runDirectory, { recursive: true });
    await chmod(options.runDirectory, 0o711);
    return new VolumeExports(options, await ExportRecords.open(options.recordDirectory));
  }

  async hosts(volumeId: string): Promise<string[]> {
    return (await this.#records.find(volumeId))?.hosts ?? [];
  }

  /** The volumes that should be reachable. */
  async volumeIds(): Promise<string[]> {
    return await this.#records.volumeIds();
  }

  /** The record is written first: a crash leaves an export that `recover` makes and `disconnect` removes. */
  async connect(volumeId: string, host: string): Promise<ConnectionInfo> {
    const remote = host !== this.#options.host;
    if (remote && !this.#options.exportAddress) {
      throw new DriverError(
        `Volumes of ${this.#options.host} cannot be reached from ${host}: no exportAddress is set.`,
      );
    }
    const earlier = await this.#records.find(volumeId);
    const hosts = [...new Set([...(earlier?.hosts ?? []), host])];
    const port = earlier?.port ?? (remote ? await this.#freePort() : undefined);
    try {
      await this.#records.write({ version: 1, volumeId, hosts, ...(port && { port }) });
      await this.ensure(volumeId);
    } catch (error) {
      await this.#restore(volumeId, earlier);
      throw error;
    } finally {
      if (port) this.#reservedPorts.delete(port);
    }
    const where = remote ? { host: this.#options.exportAddress, port } : { socket_path: this.#socketPath(volumeId) };
    const common = { volume_id: volumeId, export_name: exportName(volumeId), reconnect_delay_s: reconnectDelaySeconds };
    return { driver_volume_type: 'nbd', data: { ...common, access_mode: 'rw', ...where } };
  }

  async disconnect(volumeId: string, host?: string): Promise<void> {
    const record = await this.#records.find(volumeId);
    const hosts = host === undefined ? [] : (record?.hosts ?? []).filter((other) => other !== host);
    if (!record || hosts.length === 0) {
      await this.#end(volumeId);
      return;
    }
    await this.#records.write({ ...record, hosts });
    await this.ensure(volumeId);
  }

  /** Makes what the volume's record says true, whatever runs now. */
  async ensure(volumeId: string): Promise<void> {
    const record = await this.#records.find(volumeId);
    if (!record) return this.#end(volumeId);
    const daemon = this.#daemon(volumeId);
    if ((await daemon.pid()) === undefined) await this.#startDaemon(volumeId);
    else await daemon.control((client) => ensureExported(client, exportName(volumeId)));
    const gateway = this.#gateway(volumeId);
    if (record.hosts.every((host) => host === this.#options.host)) await gateway.stop();
    else if ((await gateway.pid()) === undefined) await this.#startGateway(record);
  }

  /** Grows the file of a volume that is served. */
  async resize(volumeId: string, sizeGb: number): Promise<void> {
    await this.ensure(volumeId);
    await this.#daemon(volumeId).control((client) => resizeExported(client, exportName(volumeId), sizeGb * bytesPerGb));
    // The gateway keeps the size that it found when it began.
    await this.#gateway(volumeId).stop();
    await this.ensure(volumeId);
  }

  /** Copies a volume that is served, as it is at this moment, to an empty file that belongs to the daemon's user. */
  async copy(volumeId: string, to: string, sizeGb: number, signal?: AbortSignal): Promise<void> {
    await this.ensure(volumeId);
    await this.#daemon(volumeId).control((client) => copyExported(client, to, sizeGb * bytesPerGb, signal));
  }

  /** The volumes for which daemons may run, wanted or not. */
  async running(): Promise<string[]> {
    return await readdir(this.#options.runDirectory);
  }

  async #restore(volumeId: string, earlier: ExportRecord | undefined): Promise<void> {
    if (!earlier) return this.#end(volumeId);
    await this.#records.write(earlier);
  }

  /** Daemons first, record last: a crash in between is mended by doing it again. */
  async #end(volumeId: string): Promise<void> {
    await this.#gateway(volumeId).stop();
    await this.#daemon(volumeId).stop();
    await rm(this.#directory(volumeId), { recursive: true, force: true });
    await this.#records.remove(volumeId);
  }

  async #startDaemon(volumeId: string): Promise<void> {
    const socketPath = this.#socketPath(volumeId);
    assertSocketPath(socketPath);
    const directory = this.#socketDirectory(volumeId);
    await mkdir(directory, { recursive: true });
    await chmod(this.#directory(volumeId), 0o711);
    await chmod(directory, 0o750);
    await this.#options.owner.give(directory);
    await this.#daemon(volumeId).start([
      ...['--blockdev', JSON.stringify(rawFileNode(volumeNode, this.#options.volumePath(volumeId)))],
      ...['--nbd-server', `addr.type=unix,addr.path=${optionValue(socketPath)}`],
      ...['--export', JSON.stringify(nbdExport(exportName(volumeId)))],
    ]);
    // QEMU makes it by this process's umask; a client of the same group must be able to write.
    await chmod(socketPath, 0o660);
  }

  async #startGateway({ volumeId, port }: ExportRecord): Promise<void> {
    const { exportAddress } = this.#options;
    if (!exportAddress || !port)
      throw new DriverError(`Volume ${volumeId} is connected to another host: set exportAddress.`);
    const server = { type: 'unix', path: this.#socketPath(volumeId) };
    const remote = {
      driver: 'nbd',
      'node-name': 'origin',
      server,
      export: exportName(volumeId),
      'reconnect-delay': reconnectDelaySeconds,
    };
    const node = { driver: 'raw', 'node-name': volumeNode, file: remote };
    await this.#gateway(volumeId).start([
      ...['--blockdev', JSON.stringify(node)],
      ...['--nbd-server', `addr.type=inet,addr.host=${optionValue(exportAddress)},addr.port=${port}`],
      ...['--export', JSON.stringify(nbdExport(exportName(volumeId)))],
    ]);
  }

  async #freePort(): Promise<number> {
    const { exportPorts, exportAddress } = this.#options;
    const taken = new Set((await this.#records.all()).map(({ port }) => port));
    for (let port = exportPorts.first; port <= exportPorts.last; port += 1) {
      if (taken.has(port) || this.#reservedPorts.has(port)) continue;
      this.#reservedPorts.add(port);
      if (await canListen(port, exportAddress)) return port;
      this.#reservedPorts.delete(port);
    }
    throw new DriverError(`No port from ${exportPorts.first} to ${exportPorts.last} is free to export a volume.`, {
      retryable: true,
    });
  }

  #daemon(volumeId: string): StorageDaemon {
    return new StorageDaemon(join(this.#directory(volumeId), 'daemon'), this.#options.owner, this.#options.from);
  }

  #gateway(volumeId: string): StorageDaemon {
    return new StorageDaemon(join(this.#directory(volumeId), 'gateway'), this.#options.owner, this.#options.from);
  }

  #directory(volumeId: string): string {
    return join(this.#options.runDirectory, volumeId);
  }

  #socketDirectory(volumeId: string): string {
    return join(this.#directory(volumeId), 'nbd');
  }

  #socketPath(volumeId: string): string {
    return join(this.#socketDirectory(volumeId), 'sock');
  }
}

function exportName(volumeId: string): string {
  return `volume-${volumeId}`;
}

function canListen(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
