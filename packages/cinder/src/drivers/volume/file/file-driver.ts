import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type Logger, silentLogger } from '@kumo/core/log';
import { openReadStream } from '@kumo/core/stream';
import {
  assertId,
  type BackendStats,
  type ConnectionInfo,
  type Connector,
  type ImageSource,
  type NewVolume,
  type Recovery,
  type SnapshotHandle,
  type StoredSnapshot,
  type StoredVolume,
  snapshotMissing,
  type VolumeDriver,
  type VolumeHandle,
  volumeCannotShrink,
  volumeConnected,
  volumeMissing,
} from '../driver.ts';
import { KeyedLock } from '../keyed-lock.ts';
import { fillFromImage } from './image-filling.ts';
import { VolumeExports } from './volume-exports.ts';
import { copyFileSparse, ownedByUs, VolumeFiles } from './volume-files.ts';
import { type OwnerOptions, VolumeOwners } from './volume-owners.ts';

export interface FileDriverConfig {
  /** Volumes, snapshots and export records are kept below it. */
  stateDirectory: string;
  /** Sockets and pid files. Default `<stateDirectory>/run`. Must be short: a socket's path has 107 bytes at most. */
  runDirectory?: string;
  /** The name of this host, as connectors give it. */
  host: string;
  /** Where Kumo is root: the ids of volumes and guests. Default: everything is this process's own user's. */
  owners?: OwnerOptions;
  /**
   * The address on the storage network that other hosts reach. Off by default: NBD over TCP asks nobody who he is
   * and hides nothing, so the network itself must be closed to everyone but the cloud's hosts.
   */
  exportAddress?: string;
  /** Default 11,000 to 11,999. */
  exportPorts?: { first: number; last: number };
  /** The daemon's name in traces. Default `cinder-volume`. */
  from?: string;
  log?: Logger;
}

/**
 * Volumes as sparse raw files, served by qemu-storage-daemon over NBD.
 *
 * Raw, not qcow2: no header can be forged by a guest (nothing in the file is ever interpreted), reads and writes cost
 * nothing extra, growing is one system call. A snapshot is a copy: it shares blocks where the file system can
 * (XFS, Btrfs), and elsewhere takes the time and space of what is allocated. In exchange there are no chains: a volume,
 * its snapshots and its clones never depend on one another, and none can be damaged by deleting another. A connected
 * volume is copied by the storage daemon as it was at one moment, while its guest goes on writing.
 */
export class FileDriver implements VolumeDriver {
  readonly name = 'file';
  readonly #lock: KeyedLock;
  readonly #from: string;
  readonly #owners: VolumeOwners;
  readonly #volumes: VolumeFiles;
  readonly #snapshots: VolumeFiles;
  readonly #copies: VolumeFiles;
  readonly #exports: VolumeExports;

  private constructor(parts: {
    lock: KeyedLock;
    from: string;
    owners: VolumeOwners;
    volumes: VolumeFiles;
    snapshots: VolumeFiles;
    exports: VolumeExports;
    copies: VolumeFiles;
  }) {
    this.#lock = parts.lock;
    this.#from = parts.from;
    this.#owners = parts.owners;
    this.#volumes = parts.volumes;
    this.#snapshots = parts.snapshots;
    this.#copies = parts.copies;
    this.#exports = parts.exports;
  }

  /** Makes the directories and takes over files of an earlier version. Starts nothing: `recover()` does. @throws DriverError. */
  static async open(config: FileDriverConfig): Promise<FileDriver> {
    const state = resolve(config.stateDirectory);
    const { from = 'cinder-volume', exportPorts = { first: 11_000, last: 11_999 }, log = silentLogger } = config;
    // Guests pass through to the sockets of their volumes.
    await mkdir(state, { recursive: true, mode: 0o711 });
    await chmod(state, 0o711);
    const lock = new KeyedLock();
    const owners = await VolumeOwners.open(config.owners);
    const volumes = await VolumeFiles.open(join(state, 'volumes'), 'volume', (volumeId) => owners.of(volumeId));
    const snapshots = await VolumeFiles.open(join(state, 'snapshots'), 'snapshot', ownedByUs);
    const copies = await VolumeFiles.open(join(state, 'copies'), 'copy', ownedByUs);
    const exports = await VolumeExports.open({
      recordDirectory: join(state, 'exports'),
      runDirectory: resolve(config.runDirectory ?? join(state, 'run')),
      host: config.host,
      owners,
      exportAddress: config.exportAddress,
      exportPorts,
      from,
      log,
      volumePath: (volumeId) => volumes.path(volumeId),
      whenFree: (volumeId, work) => lock.run([volumeId], work),
    });
    if (owners.areApart) await takeOver({ owners, volumes, snapshots, exports });
    return new FileDriver({ lock, from, owners, volumes, snapshots, copies, exports });
  }

  async stats(): Promise<BackendStats> {
    const [volumes, snapshots] = await Promise.all([this.#volumes.list(), this.#snapshots.list()]);
    const provisionedGb = [...volumes, ...snapshots].reduce((sum, { sizeGb }) => sum + sizeGb, 0);
    const counts = { volumes: volumes.length, snapshots: snapshots.length };
    return { ...(await this.#volumes.space()), provisionedGb, ...counts, thinProvisioning: true };
  }

  create(volume: NewVolume): Promise<VolumeHandle> {
    return this.#make(volume, [], async () => {});
  }

  createFromSnapshot(volume: NewVolume & { snapshotId: string }, signal?: AbortSignal): Promise<VolumeHandle> {
    const { id, sizeGb: newSizeGb, snapshotId } = volume;
    return this.#make(volume, [snapshotId], async (path) => {
      const sizeGb = await this.#snapshots.sizeGb(snapshotId);
      if (sizeGb === undefined) throw snapshotMissing({ id: snapshotId });
      if (newSizeGb < sizeGb) throw volumeCannotShrink({ id, sizeGb, newSizeGb });
      await copyFileSparse(this.#snapshots.path(snapshotId), path, { signal, by: this.#from });
    });
  }

  createFromVolume(volume: NewVolume & { sourceId: string }, signal?: AbortSignal): Promise<VolumeHandle> {
    const { id, sizeGb: newSizeGb, sourceId } = volume;
    return this.#make(volume, [sourceId], async (path) => {
      const sizeGb = await this.#sizeGb(sourceId);
      if (newSizeGb < sizeGb) throw volumeCannotShrink({ id, sizeGb, newSizeGb });
      await this.#copyVolume(sourceId, path, signal);
    });
  }

  createFromImage(volume: NewVolume & { image: ImageSource }, signal?: AbortSignal): Promise<VolumeHandle> {
    const { id, image, sizeGb } = volume;
    return this.#make(volume, [], async (path) => {
      const owner = await this.#owners.of(id);
      await fillFromImage(path, image, { sizeGb, owner, signal, from: this.#from });
    });
  }

  extend(volumeId: string, newSizeGb: number): Promise<VolumeHandle> {
    return this.#locked([volumeId], async () => {
      const sizeGb = await this.#sizeGb(volumeId);
      if (newSizeGb < sizeGb) throw volumeCannotShrink({ id: volumeId, sizeGb, newSizeGb });
      const connected = (await this.#exports.hosts(volumeId)).length > 0;
      // Repeated with the size that the file has already, it still lets clients find that size.
      if (connected) await this.#exports.resize(volumeId, newSizeGb);
      else await this.#volumes.grow(volumeId, newSizeGb);
      return this.#handle(volumeId, newSizeGb);
    });
  }

  delete(volumeId: string): Promise<void> {
    return this.#locked([volumeId], async () => {
      const hosts = await this.#exports.hosts(volumeId);
      if (hosts.length > 0) throw volumeConnected({ id: volumeId, hosts: hosts.join(', ') });
      await this.#exports.disconnect(volumeId);
      await this.#volumes.delete(volumeId);
      this.#owners.release(volumeId);
    });
  }

  createSnapshot(snapshot: { id: string; volumeId: string }, signal?: AbortSignal): Promise<SnapshotHandle> {
    const { id, volumeId } = snapshot;
    return this.#locked([id, volumeId], async () => {
      const made = await this.#snapshots.sizeGb(id);
      const sizeGb = made ?? (await this.#sizeGb(volumeId));
      await this.#snapshots.create(id, undefined, (path) => this.#copyVolume(volumeId, path, signal));
      return { version: 1, driver: this.name, id, volumeId, sizeGb };
    });
  }

  deleteSnapshot(snapshotId: string): Promise<void> {
    return this.#locked([snapshotId], () => this.#snapshots.delete(snapshotId));
  }

  copyToImage(volumeId: string, signal?: AbortSignal): Promise<Readable> {
    const copyId = randomUUID();
    return this.#locked([volumeId, copyId], async () => {
      await this.#sizeGb(volumeId);
      const connected = (await this.#exports.hosts(volumeId)).length > 0;
      if (!connected) return openReadStream(this.#volumes.path(volumeId), { signal });
      await this.#copies.create(copyId, undefined, (path) => this.#copyVolume(volumeId, path, signal));
      try {
        return await openReadStream(this.#copies.path(copyId), { signal });
      } finally {
        // Open, it can be read without its name, and nothing is left of it when its reader ends in any way.
        await rm(this.#copies.path(copyId));
      }
    });
  }

  initializeConnection(volumeId: string, connector: Connector): Promise<ConnectionInfo> {
    return this.#locked([volumeId], async () => {
      await this.#sizeGb(volumeId);
      return await this.#exports.connect(volumeId, connector);
    });
  }

  terminateConnection(volumeId: string, connector?: Connector): Promise<void> {
    return this.#locked([volumeId], () => this.#exports.disconnect(volumeId, connector?.host));
  }

  async list(): Promise<{ volumes: StoredVolume[]; snapshots: StoredSnapshot[] }> {
    const volumes: StoredVolume[] = [];
    for (const { id, sizeGb } of await this.#volumes.list()) {
      volumes.push({ ...this.#handle(id, sizeGb), connectedHosts: await this.#exports.hosts(id) });
    }
    return { volumes, snapshots: await this.#snapshots.list() };
  }

  async recover(): Promise<Recovery> {
    await this.#removeLeftovers();
    const recovery: Recovery = { exported: [], failed: [] };
    const wanted = new Set(await this.#exports.volumeIds());
    for (const volumeId of new Set([...wanted, ...(await this.#exports.running())])) {
      try {
        await this.#locked([volumeId], () => this.#exports.ensure(volumeId));
        if (wanted.has(volumeId)) recovery.exported.push(volumeId);
      } catch (error) {
        recovery.failed.push({ volumeId, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    return recovery;
  }

  async close(): Promise<void> {
    await this.#exports.close();
  }

  async #removeLeftovers(): Promise<void> {
    for (const files of [this.#volumes, this.#snapshots, this.#copies]) {
      for (const id of await files.leftovers()) await this.#locked([id], () => files.removeLeftovers(id));
    }
    for (const { id } of await this.#copies.list()) await this.#locked([id], () => this.#copies.delete(id));
  }

  /** Makes a volume's file by `fill`, unless it is there already. */
  #make({ id, sizeGb }: NewVolume, sources: string[], fill: (path: string) => Promise<void>): Promise<VolumeHandle> {
    return this.#locked([id, ...sources], async () => {
      try {
        await this.#volumes.create(id, sizeGb, fill);
      } catch (error) {
        if ((await this.#volumes.sizeGb(id)) === undefined) this.#owners.release(id);
        throw error;
      }
      return this.#handle(id, await this.#sizeGb(id));
    });
  }

  async #copyVolume(volumeId: string, to: string, signal?: AbortSignal): Promise<void> {
    const sizeGb = await this.#sizeGb(volumeId);
    if ((await this.#exports.hosts(volumeId)).length > 0) await this.#exports.copy(volumeId, to, sizeGb, signal);
    else await copyFileSparse(this.#volumes.path(volumeId), to, { signal, by: this.#from });
  }

  async #sizeGb(volumeId: string): Promise<number> {
    const sizeGb = await this.#volumes.sizeGb(volumeId);
    if (sizeGb === undefined) throw volumeMissing({ id: volumeId });
    return sizeGb;
  }

  #handle(id: string, sizeGb: number): VolumeHandle {
    return { version: 1, driver: this.name, id, sizeGb };
  }

  #locked<T>(ids: string[], work: () => Promise<T>): Promise<T> {
    for (const id of ids) assertId(id);
    return this.#lock.run(ids, work);
  }
}

/** Learns which volume has which id, then gives ids to those that have none yet, but not under a daemon of an earlier version. */
async function takeOver(parts: {
  owners: VolumeOwners;
  volumes: VolumeFiles;
  snapshots: VolumeFiles;
  exports: VolumeExports;
}): Promise<void> {
  const { owners, volumes, snapshots, exports } = parts;
  const strangers: string[] = [];
  for (const { id } of await volumes.list()) if (!(await owners.adopt(id, volumes.path(id)))) strangers.push(id);
  for (const id of strangers) if (!(await exports.isFormer(id))) await volumes.give(id);
  for (const { id } of await snapshots.list()) await snapshots.give(id);
}
