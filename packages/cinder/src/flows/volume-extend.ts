import { flow } from '@kumo/core/flow';
import { insertMessage } from '../db/messages.ts';
import { changeVolume, lockVolume } from '../db/volumes.ts';
import type { VolumeFlowDeps } from './deps.ts';

export interface ExtendInput {
  volumeId: string;
  newSizeGb: number;
}

/** Grows a volume whose additional gigabytes are charged already. Failed, they are given back. */
export const volumeExtend = flow<VolumeFlowDeps, ExtendInput>('volume.extend', 1)
  .step('grown', { run: ({ driver }, { volumeId, newSizeGb }) => driver.extend(volumeId, newSizeGb) })
  .step('recorded', {
    run: ({ db }, { volumeId, newSizeGb }) =>
      db.transaction(async (tx) => {
        const volume = await lockVolume(tx, db, volumeId);
        if (volume?.status !== 'extending') return;
        await changeVolume(tx, volumeId, {
          sizeGb: newSizeGb,
          status: volume.previousStatus ?? 'available',
          previousStatus: null,
        });
      }),
  })
  .onFailed(({ db, quota }, { volumeId, newSizeGb }, failure, { ctx }) =>
    db.transaction(async (tx) => {
      const volume = await lockVolume(tx, db, volumeId);
      if (volume?.status !== 'extending') return;
      await quota.refund(tx, volume.projectId, volume.typeId, { gigabytes: newSizeGb - volume.sizeGb });
      await changeVolume(tx, volumeId, { status: 'error_extending', previousStatus: null });
      await insertMessage(tx, {
        projectId: volume.projectId,
        eventId: 'VOLUME_VOLUME_005_001',
        text: `extend volume:${failure.message}`,
        requestId: ctx?.requestId,
        resourceType: 'VOLUME',
        resourceId: volumeId,
      });
    }),
  );
