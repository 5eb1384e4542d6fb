import { flow } from '@kumo/core/flow';
import { changeSnapshot, lockSnapshot, removeSnapshot } from '../db/snapshots.ts';
import { findVolume } from '../db/volumes.ts';
import type { SnapshotInput, VolumeFlowDeps } from './deps.ts';

/** Removes a snapshot. Failed, it is in `error_deleting` and can be deleted again. */
export const snapshotDelete = flow<VolumeFlowDeps, SnapshotInput>('snapshot.delete', 1)
  .step('content', { timeoutMs: 600_000, run: ({ driver }, { snapshotId }) => driver.deleteSnapshot(snapshotId) })
  .step('gone', {
    run: ({ db, quota }, { snapshotId }) =>
      db.transaction(async (tx) => {
        const snapshot = await lockSnapshot(tx, db, snapshotId);
        if (!snapshot) return;
        const volume = await findVolume(tx, snapshot.volumeId);
        await removeSnapshot(tx, snapshotId);
        if (volume)
          await quota.refund(tx, snapshot.projectId, volume.typeId, { snapshots: 1, gigabytes: snapshot.sizeGb });
      }),
  })
  .onFailed(({ db }, { snapshotId }) =>
    db.transaction(async (tx) => {
      const snapshot = await lockSnapshot(tx, db, snapshotId);
      if (snapshot?.status === 'deleting') await changeSnapshot(tx, snapshotId, { status: 'error_deleting' });
    }),
  );
