import type { Images } from '../app/images.ts';
import type { VolumeQuota } from '../app/quota.ts';
import type { CinderDb } from '../db/schema.ts';
import type { VolumeDriver } from '../drivers/volume/index.ts';
import type { KeyedLock } from '../drivers/volume/keyed-lock.ts';

/** What the flows of cinder-volume work with. */
export interface VolumeFlowDeps {
  db: CinderDb;
  driver: VolumeDriver;
  images: Images;
  quota: VolumeQuota;
  /** One thing at a time per volume, between flows and connections. */
  lock: KeyedLock;
  /** Where images are converted. */
  scratchDirectory: string;
}

export interface VolumeInput {
  volumeId: string;
}

export interface SnapshotInput {
  snapshotId: string;
}
