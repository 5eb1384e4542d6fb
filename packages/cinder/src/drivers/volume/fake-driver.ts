import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import { FormatInspector, inspectStream } from '@kumo/core/imageformat';
import {
  assertId,
  type BackendStats,
  type ConnectionInfo,
  type Connector,
  connectorGroupInvalid,
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
} from './driver.ts';

export interface FakeVolumeOptions {
  /** Every method takes this long, or what the function says for it. Default 0. */
  delayMs?: number | ((method: keyof VolumeDriver) => number);
  /** Called before each method; what it throws, the method throws: `DriverError` for a failing backend. */
  failure?: (method: keyof VolumeDriver, id: string) => void;
  /** Default 1,000. */
  totalGb?: number;
}

interface FakeVolume {
  sizeGb: number;
  /** 64-bit words by their byte offset: enough to see that bytes travel, without the size of a disk. */
  words: Map<number, bigint>;
  hosts: Set<string>;
}

const bytesPerGb = 2 ** 30;
const wordBytes = 8;

/**
 * Volumes that exist in this process only: for tests and for clouds of thousands of servers that boot nothing real.
 * Of a raw image it keeps the first MiB, of another format nothing. `write` and `read` stand for a guest's access and demand a connection.
 */
export class FakeVolumeDriver implements VolumeDriver {
  readonly name = 'fake';
  readonly #options: FakeVolumeOptions;
  readonly #volumes = new Map<string, FakeVolume>();
  readonly #snapshots = new Map<string, { volumeId: string; sizeGb: number; words: Map<number, bigint> }>();

  constructor(options: FakeVolumeOptions = {}) {
    this.#options = options;
  }

  async stats(): Promise<BackendStats> {
    await this.#begin('stats');
    const all = [...this.#volumes.values(), ...this.#snapshots.values()];
    const provisionedGb = all.reduce((sum, { sizeGb }) => sum + sizeGb, 0);
    const totalGb = this.#options.totalGb ?? 1_000;
    const counts = { volumes: this.#volumes.size, snapshots: this.#snapshots.size };
    return { totalGb, freeGb: Math.max(0, totalGb - provisionedGb), provisionedGb, ...counts, thinProvisioning: true };
  }

  async create(volume: NewVolume): Promise<VolumeHandle> {
    await this.#begin('create', volume.id);
    return this.#make(volume, new Map());
  }

  async createFromSnapshot(volume: NewVolume & { snapshotId: string }): Promise<VolumeHandle> {
    await this.#begin('createFromSnapshot', volume.id);
    const snapshot = this.#snapshots.get(volume.snapshotId);
    if (!snapshot) throw snapshotMissing({ id: volume.snapshotId });
    assertFits(volume, snapshot.sizeGb);
    return this.#make(volume, snapshot.words);
  }

  async createFromVolume(volume: NewVolume & { sourceId: string }): Promise<VolumeHandle> {
    await this.#begin('createFromVolume', volume.id);
    const source = this.#volume(volume.sourceId);
    assertFits(volume, source.sizeGb);
    return this.#make(volume, source.words);
  }

  async createFromImage(volume: NewVolume & { image: ImageSource }): Promise<VolumeHandle> {
    await this.#begin('createFromImage', volume.id);
    const { image, sizeGb } = volume;
    const bounds = { declared: image.format, maxVirtualSizeBytes: sizeGb * bytesPerGb };
    const words = await firstWords(inspectStream(image.stream, new FormatInspector(), bounds));
    return this.#make(volume, image.format === 'raw' ? words : new Map());
  }

  async extend(volumeId: string, newSizeGb: number): Promise<VolumeHandle> {
    await this.#begin('extend', volumeId);
    const volume = this.#volume(volumeId);
    assertFits({ id: volumeId, sizeGb: newSizeGb }, volume.sizeGb);
    volume.sizeGb = newSizeGb;
    return this.#handle(volumeId);
  }

  async delete(volumeId: string): Promise<void> {
    await this.#begin('delete', volumeId);
    const hosts = this.#volumes.get(volumeId)?.hosts ?? new Set();
    if (hosts.size > 0) throw volumeConnected({ id: volumeId, hosts: [...hosts].join(', ') });
    this.#volumes.delete(volumeId);
  }

  async createSnapshot({ id, volumeId }: { id: string; volumeId: string }): Promise<SnapshotHandle> {
    await this.#begin('createSnapshot', id);
    const volume = this.#snapshots.get(id) ?? this.#volume(volumeId);
    if (!this.#snapshots.has(id))
      this.#snapshots.set(id, { volumeId, sizeGb: volume.sizeGb, words: new Map(volume.words) });
    return { version: 1, driver: this.name, id, volumeId, sizeGb: volume.sizeGb };
  }

  async deleteSnapshot(snapshotId: string): Promise<void> {
    await this.#begin('deleteSnapshot', snapshotId);
    this.#snapshots.delete(snapshotId);
  }

  async copyToImage(volumeId: string): Promise<Readable> {
    await this.#begin('copyToImage', volumeId);
    const { sizeGb, words } = this.#volume(volumeId);
    return Readable.from(contentOf(sizeGb, new Map(words)));
  }

  async initializeConnection(volumeId: string, connector: Connector): Promise<ConnectionInfo> {
    await this.#begin('initializeConnection', volumeId);
    const volume = this.#volume(volumeId);
    // There are no groups here; that of root is no guest's anywhere.
    if (connector.gid === 0) throw connectorGroupInvalid({ gid: 0, host: connector.host });
    volume.hosts.add(connector.host);
    const data = {
      volume_id: volumeId,
      export_name: `volume-${volumeId}`,
      access_mode: 'rw',
      reconnect_delay_s: 60,
    } as const;
    return { driver_volume_type: 'fake', data };
  }

  async terminateConnection(volumeId: string, connector?: Connector): Promise<void> {
    await this.#begin('terminateConnection', volumeId);
    const hosts = this.#volumes.get(volumeId)?.hosts;
    if (connector) hosts?.delete(connector.host);
    else hosts?.clear();
  }

  async list(): Promise<{ volumes: StoredVolume[]; snapshots: StoredSnapshot[] }> {
    await this.#begin('list');
    const volumes = [...this.#volumes].map(([id, { hosts }]) => ({ ...this.#handle(id), connectedHosts: [...hosts] }));
    return { volumes, snapshots: [...this.#snapshots].map(([id, { sizeGb }]) => ({ id, sizeGb })) };
  }

  async recover(): Promise<Recovery> {
    await this.#begin('recover');
    const exported = [...this.#volumes].filter(([, { hosts }]) => hosts.size > 0).map(([id]) => id);
    return { exported, failed: [] };
  }

  async close(): Promise<void> {}

  /** Writes a word as a connected guest. */
  write(volumeId: string, offset: number, word: bigint): void {
    const volume = this.#connected(volumeId, offset);
    volume.words.set(offset, word);
  }

  /** Reads a word as a connected guest. */
  read(volumeId: string, offset: number): bigint {
    return this.#connected(volumeId, offset).words.get(offset) ?? 0n;
  }

  #connected(volumeId: string, offset: number): FakeVolume {
    const volume = this.#volume(volumeId);
    if (volume.hosts.size === 0) throw new DriverError(`Volume ${volumeId} is not connected.`);
    if (offset % wordBytes !== 0 || offset + wordBytes > volume.sizeGb * bytesPerGb)
      throw new DriverError(`No word at ${offset}.`);
    return volume;
  }

  #make({ id, sizeGb }: NewVolume, words: Map<number, bigint>): VolumeHandle {
    if (!this.#volumes.has(id)) this.#volumes.set(id, { sizeGb, words: new Map(words), hosts: new Set() });
    return this.#handle(id);
  }

  #volume(id: string): FakeVolume {
    const volume = this.#volumes.get(id);
    if (!volume) throw volumeMissing({ id });
    return volume;
  }

  #handle(id: string): VolumeHandle {
    return { version: 1, driver: this.name, id, sizeGb: this.#volume(id).sizeGb };
  }

  async #begin(method: keyof VolumeDriver, id?: string): Promise<void> {
    if (id !== undefined) assertId(id);
    const { delayMs = 0, failure } = this.#options;
    const wait = typeof delayMs === 'function' ? delayMs(method) : delayMs;
    if (wait > 0) await sleep(wait);
    failure?.(method, id ?? '');
  }
}

function assertFits({ id, sizeGb: newSizeGb }: NewVolume, sizeGb: number): void {
  if (newSizeGb < sizeGb) throw volumeCannotShrink({ id, sizeGb, newSizeGb });
}

/** Reads a stream to its end and keeps the words of its first MiB that are not zero. */
async function firstWords(stream: AsyncIterable<Uint8Array>): Promise<Map<number, bigint>> {
  const first = Buffer.alloc(1 << 20);
  let sizeBytes = 0;
  for await (const chunk of stream) {
    if (sizeBytes < first.length) first.set(chunk.subarray(0, first.length - sizeBytes), sizeBytes);
    sizeBytes += chunk.byteLength;
  }
  const words = new Map<number, bigint>();
  for (let at = 0; at < first.length; at += wordBytes) {
    const word = first.readBigUInt64BE(at);
    if (word !== 0n) words.set(at, word);
  }
  return words;
}

function* contentOf(sizeGb: number, words: Map<number, bigint>): Generator<Buffer> {
  const chunkBytes = 1 << 20;
  const zeros = Buffer.alloc(chunkBytes);
  const written = new Map<number, [number, bigint][]>();
  for (const [offset, word] of words) {
    const start = offset - (offset % chunkBytes);
    written.set(start, [...(written.get(start) ?? []), [offset - start, word]]);
  }
  for (let start = 0; start < sizeGb * bytesPerGb; start += chunkBytes) {
    const here = written.get(start);
    const chunk = here ? Buffer.from(zeros) : zeros;
    for (const [at, word] of here ?? []) chunk.writeBigUInt64BE(word, at);
    yield chunk;
  }
}
