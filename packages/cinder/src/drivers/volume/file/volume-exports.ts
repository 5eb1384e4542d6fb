import { chmod, chown, mkdir, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Ids } from '@kumo/core/confine';
import { DriverError } from '@kumo/core/errors';
import type { Logger } from '@kumo/core/log';
import { type ConnectionInfo, type Connector, connectorGroupInvalid } from '../driver.ts';
import { copyExported, ensureExported, nbdExport, rawFileNode, resizeExported, volumeNode } from './block-node.ts';
import { DaemonKeeper } from './daemon-keeper.ts';
import { type ExportRecord, ExportRecords } from './export-records.ts';
import { doorPath, openDoor, withDoor } from './guest-doors.ts';
import { assertSocket, assertSocketPath, optionValue, StorageDaemon, sealDirectory } from './storage-daemon.ts';
import { bytesPerGb } from './volume-files.ts';
import { giveFile, type VolumeOwners } from './volume-owners.ts';

export const reconnectDelaySeconds = 60;

export interface ExportOptions {
  recordDirectory: string;
  runDirectory: string;
  /** The name of this host, as connectors give it. */
  host: string;
  owners: VolumeOwners;
  /** The address on the storage network at which other hosts reach volumes; without it they cannot. */
  exportAddress?: string;
  exportPorts: { first: number; last: number };
  from: string;
  log: Logger;
  volumePath(volumeId: string): string;
  /** Calls `ensure` when nothing else works on the volume. */
  whenFree(volumeId: string, work: () => Promise<boolean>): Promise<boolean>;
}

/**
 * Serves connected volumes over NBD. Each volume has a storage daemon of its own: 5 MB of memory, and whoever may open
 * one volume's socket, or crashes its server, has nothing of another's: where Kumo is root it runs as an id that nothing
 * else has, without network or privileges. A daemon serves either UNIX clients or TCP clients, so other hosts go through
 * a second daemon, the gateway, that is a client of the first.
 */
export class VolumeExports {
  readonly #options: ExportOptions;
  readonly #records: ExportRecords;
  readonly #keeper: DaemonKeeper;
  /** Chosen, but not yet written to a record. */
  readonly #reservedPorts = new Set<number>();

  private constructor(options: ExportOptions, records: ExportRecords) {
    this.#options = options;
    this.#records = records;
    const restore = (volumeId: string) => options.whenFree(volumeId, () => this.ensure(volumeId));
    this.#keeper = new DaemonKeeper({ restore, log: options.log });
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

  /**
   * The record is written first: a crash leaves an export that `recover` makes and `disconnect` removes.
   *
   * @throws connectorGroupInvalid.
   */
  async connect(volumeId: string, { host, gid }: Connector): Promise<ConnectionInfo> {
    const remote = host !== this.#options.host;
    if (remote && !this.#options.exportAddress) {
      throw new DriverError(
        `Volumes of ${this.#options.host} cannot be reached from ${host}: no exportAddress is set.`,
      );
    }
    // What a group means on another host is for that host to say.
    if (!remote && gid !== undefined && !this.#options.owners.isGuest(gid)) throw connectorGroupInvalid({ gid, host });
    const earlier = await this.#records.find(volumeId);
    const hosts = [...new Set([...(earlier?.hosts ?? []), host])];
    const gids = withDoor(earlier?.gids ?? [], remote ? undefined : gid);
    const port = earlier?.port ?? (remote ? await this.#freePort() : undefined);
    try {
      await this.#records.write({ version: 1, volumeId, hosts, gids, ...(port && { port }) });
      await this.ensure(volumeId);
    } catch (error) {
      await this.#restore(volumeId, earlier);
      throw error;
    } finally {
      if (port) this.#reservedPorts.delete(port);
    }
    const local = gid === undefined ? this.#socketPath(volumeId) : doorPath(this.#directory(volumeId), gid);
    const where = remote ? { host: this.#options.exportAddress, port } : { socket_path: local };
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
    // Nobody of this host has it any more: its guests' doors are shut, and its daemon goes on for the others.
    const gids = record.gids && (host === this.#options.host ? [] : record.gids);
    if (gids?.length === 0)
      for (const gid of record.gids ?? [])
        await rm(dirname(doorPath(this.#directory(volumeId), gid)), { recursive: true, force: true });
    await this.#records.write({ ...record, hosts, ...(gids && { gids }) });
    await this.ensure(volumeId);
  }

  /** Makes what the volume's record says true, whatever runs now. @returns whether the volume is to be served. */
  async ensure(volumeId: string): Promise<boolean> {
    const record = await this.#records.find(volumeId);
    if (!record) {
      await this.#end(volumeId);
      return false;
    }
    const owner = await this.#ownerOf(record);
    const daemon = this.#daemon(volumeId);
    const runsAs = await daemon.ids();
    // One of an earlier version goes on until the volume is connected anew.
    if (runsAs && owner && runsAs.uid !== owner.uid) await this.#stop(volumeId, 'gateway', 'daemon');
    if ((await daemon.pid()) === undefined) await this.#startDaemon(volumeId, owner);
    else await daemon.control((client) => ensureExported(client, exportName(volumeId)));
    await this.#seal(record, owner);
    this.#keeper.watch(volumeId, daemon.lifePath);
    const gateway = this.#gateway(volumeId);
    if (record.hosts.every((host) => host === this.#options.host)) await this.#stop(volumeId, 'gateway');
    else {
      if ((await gateway.pid()) === undefined) await this.#startGateway(record, owner);
      await gateway.seal();
      this.#keeper.watch(volumeId, gateway.lifePath);
    }
    return true;
  }

  /** Grows the file of a volume that is served. */
  async resize(volumeId: string, sizeGb: number): Promise<void> {
    await this.ensure(volumeId);
    await this.#daemon(volumeId).control((client) => resizeExported(client, exportName(volumeId), sizeGb * bytesPerGb));
    // The gateway keeps the size that it found when it began.
    await this.#stop(volumeId, 'gateway');
    await this.ensure(volumeId);
  }

  /** Copies a volume that is served, as it is at this moment, to an empty file, which is given to the daemon for that. */
  async copy(volumeId: string, to: string, sizeGb: number, signal?: AbortSignal): Promise<void> {
    await this.ensure(volumeId);
    const daemon = this.#daemon(volumeId);
    if (this.#options.owners.areApart) await giveFile(to, await daemon.ids());
    await daemon.control((client) => copyExported(client, to, sizeGb * bytesPerGb, signal));
  }

  /** The volumes for which daemons may run, wanted or not. */
  async running(): Promise<string[]> {
    return await readdir(this.#options.runDirectory);
  }

  /** Whether the volume's daemon may be one of an earlier version, to which the file still belongs. */
  async isFormer(volumeId: string): Promise<boolean> {
    const record = await this.#records.find(volumeId).catch(() => undefined);
    return record !== undefined && record.gids === undefined && this.#options.owners.former !== undefined;
  }

  /** Daemons that end are no longer started again; those that run go on. */
  async close(): Promise<void> {
    await this.#keeper.close();
  }

  async #restore(volumeId: string, earlier: ExportRecord | undefined): Promise<void> {
    if (!earlier) return this.#end(volumeId);
    await this.#records.write(earlier);
  }

  /** Daemons first, record last: a crash in between is mended by doing it again. */
  async #end(volumeId: string): Promise<void> {
    await this.#stop(volumeId, 'gateway', 'daemon');
    await rm(this.#directory(volumeId), { recursive: true, force: true });
    await this.#records.remove(volumeId);
  }

  async #stop(volumeId: string, ...which: ('daemon' | 'gateway')[]): Promise<void> {
    for (const name of which) {
      const daemon = name === 'daemon' ? this.#daemon(volumeId) : this.#gateway(volumeId);
      this.#keeper.forget(daemon.lifePath);
      await daemon.stop();
    }
  }

  async #ownerOf(record: ExportRecord): Promise<Ids | undefined> {
    const { owners } = this.#options;
    return (record.gids === undefined ? owners.former : undefined) ?? (await owners.of(record.volumeId));
  }

  async #startDaemon(volumeId: string, owner: Ids | undefined): Promise<void> {
    const socketPath = this.#socketPath(volumeId);
    assertSocketPath(socketPath);
    if (this.#options.owners.areApart) await giveFile(this.#options.volumePath(volumeId), owner);
    const directory = this.#socketDirectory(volumeId);
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(this.#directory(volumeId), 0o711);
    if (owner) await chown(directory, owner.uid, owner.gid);
    const args = [
      ...['--blockdev', JSON.stringify(rawFileNode(volumeNode, this.#options.volumePath(volumeId)))],
      ...['--nbd-server', `addr.type=unix,addr.path=${optionValue(socketPath)}`],
      ...['--export', JSON.stringify(nbdExport(exportName(volumeId)))],
    ];
    await this.#daemon(volumeId).start(args, { ids: owner });
  }

  /** Takes the directories of a daemon that has started from it, and lets the guests in. Idempotent. */
  async #seal({ volumeId, gids = [] }: ExportRecord, owner: Ids | undefined): Promise<void> {
    const socketPath = this.#socketPath(volumeId);
    await this.#daemon(volumeId).seal();
    // The gateway is of the volume's group, and so are the guests of an earlier version.
    await sealDirectory(this.#socketDirectory(volumeId), { mode: 0o710, gid: owner?.gid ?? process.getgid?.() ?? 0 });
    await assertSocket(socketPath);
    if (!owner) return;
    // Whoever gets as far as its name may open it.
    await chmod(socketPath, 0o666);
    for (const gid of gids) await openDoor(this.#directory(volumeId), gid, socketPath);
  }

  async #startGateway({ volumeId, port }: ExportRecord, owner: Ids | undefined): Promise<void> {
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
    const args = [
      ...['--blockdev', JSON.stringify(node)],
      ...['--nbd-server', `addr.type=inet,addr.host=${optionValue(exportAddress)},addr.port=${port}`],
      ...['--export', JSON.stringify(nbdExport(exportName(volumeId)))],
    ];
    await this.#gateway(volumeId).start(args, { ids: owner, network: true });
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
    return new StorageDaemon(join(this.#directory(volumeId), 'daemon'), this.#options.from);
  }

  #gateway(volumeId: string): StorageDaemon {
    return new StorageDaemon(join(this.#directory(volumeId), 'gateway'), this.#options.from);
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
