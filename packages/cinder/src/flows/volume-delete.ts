import { flow } from '@kumo/core/flow';
import { insertMessage } from '../db/messages.ts';
import { snapshotsOf } from '../db/snapshots.ts';
import { changeVolume, findVolume, lockVolume, removeVolume } from '../db/volumes.ts';
import type { VolumeFlowDeps, VolumeInput } from './deps.ts';

/** Removes a volume, its snapshots first when they are marked so. Failed, it is in `error_deleting` and can be deleted again. */
export const volumeDelete = flow<VolumeFlowDeps, VolumeInput>('volume.delete', 1)
  .step('snapshots', {
    run: async ({ db, driver, quota }, { volumeId }) => {
      const volume = await findVolume(db.q, volumeId);
      const marked = (await snapshotsOf(db.q, volumeId)).filter(({ status }) => status === 'deleting');
      for (const snapshot of marked) {
        await driver.deleteSnapshot(snapshot.id);
        await db.transaction(async (tx) => {
          const { numDeletedRows } = await tx
            .deleteFrom('snapshots')
            .where('id', '=', snapshot.id)
            .executeTakeFirstOrThrow();
          if (numDeletedRows === 0n || !volume) return;
          await quota.refund(tx, snapshot.projectId, volume.typeId, { snapshots: 1, gigabytes: snapshot.sizeGb });
        });
      }
    },
  })
  .step('content', {
    timeoutMs: 600_000,
    run: ({ driver, lock }, { volumeId }) =>
      lock.run([volumeId], async () => {
        // What is deleted has no attachment any more: a connection that is left is one that lost its attachment.
        await driver.terminateConnection(volumeId);
        await driver.delete(volumeId);
      }),
  })
  .step('gone', {
    run: ({ db, quota }, { volumeId }) =>
      db.transaction(async (tx) => {
        const volume = await lockVolume(tx, db, volumeId);
        if (!volume) return;
        await removeVolume(tx, volumeId);
        await quota.refund(tx, volume.projectId, volume.typeId, { volumes: 1, gigabytes: volume.sizeGb });
      }),
  })
  .onFailed(({ db }, { volumeId }, failure, { ctx }) =>
    db.transaction(async (tx) => {
      const volume = await lockVolume(tx, db, volumeId);
      if (volume?.status !== 'deleting') return;
      await changeVolume(tx, volumeId, { status: 'error_deleting' });
      await insertMessage(tx, {
        projectId: volume.projectId,
        eventId: 'VOLUME_VOLUME_009_001',
        text: `delete volume:${failure.message}`,
        requestId: ctx?.requestId,
        resourceType: 'VOLUME',
        resourceId: volumeId,
      });
    }),
  );
