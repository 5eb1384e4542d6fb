import { toIso } from '@kumo/core/db';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { ImagesDeps } from '../app/images.ts';
import { abandonUpload, lostUploads } from '../db/uploads.ts';

/** Queues images again whose upload died with its process; without it they would be saving for ever. */
export function lostUploadsReconciler({ db, config, log }: Omit<ImagesDeps, 'store'>): Reconciler {
  const lostAfterMs = config.uploadLostAfterSeconds * 1000;
  return reconciler({
    name: 'lost-uploads',
    intervalMs: lostAfterMs / 2,
    log,
    keys: async () => {
      const lost = await lostUploads(db.q, toIso(Date.now() - lostAfterMs));
      return lost.map(({ imageId, uploadId }) => `${imageId}/${uploadId}`);
    },
    reconcile: async (key) => {
      const [imageId = '', uploadId = ''] = key.split('/');
      await abandonUpload(db.q, imageId, uploadId);
      log.warn({ image: imageId }, 'an upload gave no sign of life: its image is queued again');
    },
  });
}
