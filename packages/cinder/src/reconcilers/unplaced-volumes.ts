import type { Logger } from '@kumo/core/log';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { Scheduler } from '../app/scheduler.ts';
import type { CinderDb } from '../db/schema.ts';
import { unplacedVolumes } from '../db/volumes.ts';

/** Until a back end is up. */
const AGAIN_MS = 500;

/** Makes sure that every new volume gets a back end or an error, also when nobody told the scheduler of it. */
export function unplacedVolumeReconciler(parts: {
  db: CinderDb;
  scheduler: Scheduler;
  intervalMs: number;
  log: Logger;
}): Reconciler {
  const { db, scheduler, intervalMs, log } = parts;
  return reconciler({
    name: 'unplaced-volumes',
    intervalMs,
    keys: () => unplacedVolumes(db.q),
    reconcile: async (volumeId) => ((await scheduler.place(volumeId)) ? { againMs: AGAIN_MS } : undefined),
    log,
  });
}
