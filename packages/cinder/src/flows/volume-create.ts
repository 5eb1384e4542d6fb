import { flow } from '@kumo/core/flow';
import { owned } from '@kumo/core/stream';
import { assertFits, type ImageScope } from '../app/images.ts';
import { insertMessage } from '../db/messages.ts';
import { changeVolume, findVolume, lockVolume, type Volume } from '../db/volumes.ts';
import { imageUnusable, volumeNotFound } from '../errors.ts';
import type { VolumeFlowDeps, VolumeInput } from './deps.ts';

/** Fills a volume that was placed on this back end. Failed, it is in `error`, still counted, and its owner is told why. */
export const volumeCreate = flow<VolumeFlowDeps, VolumeInput>('volume.create', 1)
  .step('content', {
    timeoutMs: 3_600_000,
    run: async (deps, { volumeId }, _, { signal, ctx }) => {
      const volume = await findVolume(deps.db.q, volumeId);
      if (!volume) throw volumeNotFound({ id: volumeId });
      await fill(deps, volume, { signal, ctx });
    },
    undo: async ({ driver }, { volumeId }) => driver.delete(volumeId),
  })
  .step('available', {
    run: ({ db }, { volumeId }) =>
      db.transaction(async (tx) => {
        const volume = await lockVolume(tx, db, volumeId);
        if (volume?.status === 'creating') await changeVolume(tx, volumeId, { status: 'available' });
      }),
  })
  .onFailed(({ db }, { volumeId }, failure, { ctx }) =>
    db.transaction(async (tx) => {
      const volume = await lockVolume(tx, db, volumeId);
      if (!volume || (volume.status !== 'creating' && volume.status !== 'available')) return;
      await changeVolume(tx, volumeId, { status: 'error' });
      await insertMessage(tx, {
        projectId: volume.projectId,
        eventId: volume.sourceImageId === null ? 'VOLUME_VOLUME_001_001' : 'VOLUME_VOLUME_004_001',
        text: `create volume:${failure.message}`,
        requestId: ctx?.requestId,
        resourceType: 'VOLUME',
        resourceId: volumeId,
      });
    }),
  );

async function fill({ driver, images }: VolumeFlowDeps, volume: Volume, scope: ImageScope): Promise<void> {
  const { signal } = scope;
  const { id, sizeGb, snapshotId, sourceVolumeId, sourceImageId } = volume;
  if (snapshotId !== null) await driver.createFromSnapshot({ id, sizeGb, snapshotId }, signal);
  else if (sourceVolumeId !== null) await driver.createFromVolume({ id, sizeGb, sourceId: sourceVolumeId }, signal);
  else if (sourceImageId === null) await driver.create({ id, sizeGb });
  else {
    const image = await images.find(sourceImageId, scope.ctx);
    assertFits(image, sizeGb);
    if (image.diskFormat === null) throw imageUnusable({ id: image.id, reason: 'it has no disk format' });
    // A volume that is there already, or a driver that fails at once, does not begin to read.
    using data = owned(await images.download(image.id, scope));
    await driver.createFromImage({ id, sizeGb, image: { format: image.diskFormat, stream: data.stream } }, signal);
  }
}
