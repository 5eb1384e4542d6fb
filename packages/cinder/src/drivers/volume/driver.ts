import type { Readable } from 'node:stream';
import { DriverError, defineError } from '@kumo/core/errors';

/** Plain JSON that Cinder keeps with the volume; the driver finds everything else by the id. */
export interface VolumeHandle {
  version: 1;
  driver: string;
  id: string;
  sizeGb: number;
}

export interface SnapshotHandle {
  version: 1;
  driver: string;
  id: string;
  volumeId: string;
  sizeGb: number;
}

export interface NewVolume {
  id: string;
  sizeGb: number;
}

/** The data of an image, read once; whoever made the stream ends it. */
export interface ImageSource {
  format: string;
  stream: AsyncIterable<Uint8Array>;
}

/** Who wants to reach a volume: Nova's connector properties, of which only `host` and `gid` are needed here. */
export interface Connector {
  host: string;
  /** The group of the guest's process on the driver's own host: the socket is made for it. Without one, for no guest. */
  gid?: number;
  ip?: string;
  initiator?: string;
}

/** OpenStack's connection_info, as it stands on the wire. */
export interface ConnectionInfo {
  driver_volume_type: 'nbd' | 'fake';
  data: {
    volume_id: string;
    export_name: string;
    access_mode: 'rw';
    /** A client must wait this long for the server to come back: it does so after a crash and when the volume grows. */
    reconnect_delay_s: number;
    /** The NBD server's UNIX socket, when the connector is on the volume's host. */
    socket_path?: string;
    /** The NBD server's TCP address, when it is not. */
    host?: string;
    port?: number;
  };
}

export interface BackendStats {
  totalGb: number;
  freeGb: number;
  /** The sum of the sizes that volumes and snapshots were promised. */
  provisionedGb: number;
  volumes: number;
  snapshots: number;
  thinProvisioning: boolean;
}

export interface StoredVolume extends VolumeHandle {
  /** The hosts to which the volume is connected now. */
  connectedHosts: string[];
}

export interface StoredSnapshot {
  id: string;
  sizeGb: number;
}

export interface Recovery {
  /** The volumes that are reachable again, or still. */
  exported: string[];
  failed: { volumeId: string; reason: string }[];
}

/**
 * A place where volumes live. Ids are UUIDs, made by the caller. Every method may be repeated with the same arguments
 * after a crash in its middle: creating finds what is complete and begins anew what is not, removing succeeds
 * when there is nothing. One process owns a backend at a time.
 *
 * @throws volumeMissing, snapshotMissing, volumeConnected and volumeCannotShrink where named; else DriverError.
 */
export interface VolumeDriver {
  readonly name: string;
  stats(): Promise<BackendStats>;
  /** Makes a volume of zeros. */
  create(volume: NewVolume): Promise<VolumeHandle>;
  /** @throws snapshotMissing; volumeCannotShrink when the volume would be smaller than the snapshot. */
  createFromSnapshot(volume: NewVolume & { snapshotId: string }, signal?: AbortSignal): Promise<VolumeHandle>;
  /** Clones a volume as it is at one moment, connected or not. @throws volumeMissing, volumeCannotShrink. */
  createFromVolume(volume: NewVolume & { sourceId: string }, signal?: AbortSignal): Promise<VolumeHandle>;
  /**
   * Makes a volume that begins with an image's data. The image is inspected before anything interprets it.
   *
   * @throws core/imageformat's imageFormatMismatch, imageUnsafe, imageVirtualSizeTooLarge (larger than the volume).
   */
  createFromImage(volume: NewVolume & { image: ImageSource }, signal?: AbortSignal): Promise<VolumeHandle>;
  /**
   * Grows a volume, connected or not. A connected client loses its connection for a moment and finds the new size when
   * it has reconnected. @throws volumeMissing, volumeCannotShrink.
   */
  extend(volumeId: string, newSizeGb: number): Promise<VolumeHandle>;
  /** @throws volumeConnected. */
  delete(volumeId: string): Promise<void>;
  /** Keeps a volume's data of one moment, connected or not. The snapshot needs its volume no longer. @throws volumeMissing. */
  createSnapshot(snapshot: { id: string; volumeId: string }, signal?: AbortSignal): Promise<SnapshotHandle>;
  deleteSnapshot(snapshotId: string): Promise<void>;
  /** The volume's data of one moment, as a raw disk. The stream is the caller's, to be read or destroyed. @throws volumeMissing. */
  copyToImage(volumeId: string, signal?: AbortSignal): Promise<Readable>;
  /**
   * Makes the volume reachable for a host, and there for the guest whose group the connector names; repeated, it gives
   * the same answer. Guests that were let to it before keep their way. @throws volumeMissing, connectorGroupInvalid.
   */
  initializeConnection(volumeId: string, connector: Connector): Promise<ConnectionInfo>;
  /** Ends what `initializeConnection` began for that host, or for all hosts. */
  terminateConnection(volumeId: string, connector?: Connector): Promise<void>;
  /** All that the backend holds, for the search for what nobody owns. */
  list(): Promise<{ volumes: StoredVolume[]; snapshots: StoredSnapshot[] }>;
  /**
   * After a start, and from time to time: makes every connected volume reachable again whose server is gone, ends
   * servers of volumes that are not connected, and removes what unfinished operations left. From the first time on, a
   * server that ends is started again by itself, within seconds.
   */
  recover(): Promise<Recovery>;
  /** Ends this process's part: no server is started again any more. Those that run go on. Idempotent. */
  close(): Promise<void>;
}

export const volumeMissing = defineError('notFound', 'VolumeNotFound', 'Volume {id} could not be found.');
export const snapshotMissing = defineError('notFound', 'SnapshotNotFound', 'Snapshot {id} could not be found.');
export const volumeConnected = defineError('conflict', 'VolumeConnected', 'Volume {id} is connected to {hosts}.');
export const volumeCannotShrink = defineError(
  'badRequest',
  'VolumeCannotShrink',
  'Volume {id} of {newSizeGb} GB would be smaller than its data of {sizeGb} GB.',
);

export const connectorGroupInvalid = defineError(
  'badRequest',
  'ConnectorGroupInvalid',
  "The connector's gid {gid} is not the group of a guest of host {host}.",
);

const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Ids become file and export names: only UUIDs pass. */
export function assertId(id: string): void {
  if (!idPattern.test(id)) throw new DriverError('The id of a volume or snapshot is not a UUID.');
}
