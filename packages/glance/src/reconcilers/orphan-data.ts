import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { ImagesDeps } from '../app/images.ts';
import { ownedData } from '../db/uploads.ts';

const intervalMs = 3_600_000;

/**
 * Deletes what no image owns: data whose deletion failed, or whose process died between storing it and saying so. The
 * store is listed before the images are read, so that data which was finished in between is seen to have an owner.
 */
export function orphanDataReconciler({ db, store, log }: ImagesDeps, minAgeMs = intervalMs): Reconciler {
  return reconciler({
    name: 'orphan-data',
    intervalMs,
    concurrency: 1,
    log,
    keys: async () => {
      const removed = await store.removeLeftovers(minAgeMs);
      if (removed > 0) log.info({ removed }, 'what dead uploads left behind was removed');
      const stored = await store.list();
      const { locations, uploadIds } = await ownedData(db.q);
      const youngest = Date.now() - minAgeMs;
      return stored
        .filter(({ imageId, location }) => !locations.has(location) && !uploadIds.has(imageId))
        .filter(({ modifiedAt }) => Date.parse(modifiedAt) <= youngest)
        .map(({ location }) => location);
    },
    reconcile: async (location) => {
      await store.delete(location);
      log.info({ location }, 'image data without an image was deleted');
    },
  });
}
