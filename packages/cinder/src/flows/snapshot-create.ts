import { flow } from '@kumo/core/flow';
import { insertMessage } from '../db/messages.ts';
import { changeSnapshot, findSnapshot, lockSnapshot } from '../db/snapshots.ts';
import { snapshotNotFound } from '../errors.ts';
import type { SnapshotInput, VolumeFlowDeps } from './deps.ts';

/** Keeps a volume's data of one moment. Failed, the snapshot is in `error`, still counted. */
export const snapshotCreate = flow<VolumeFlowDeps, SnapshotInput>('snapshot.create', 1)
  .step('copy', {
    timeoutMs: 3_600_000,
    run: async ({ db, driver }, { snapshotId }, _, { signal }) => {
      const snapshot = await findSnapshot(db.q, snapshotId);
      if (!snapshot) throw snapshotNotFound({ id: snapshotId });
      await driver.createSnapshot({ id: snapshotId, volumeId: snapshot.volumeId }, signal);
    },
    undo: ({ driver }, { snapshotId }) => driver.deleteSnapshot(snapshotId),
  })
  .step('available', {
    run: ({ db }, { snapshotId }) =>
      db.transaction(async (tx) => {
        const snapshot = await lockSnapshot(tx, db, snapshotId);
        if (snapshot?.status === 'creating') await changeSnapshot(tx, snapshotId, { status: 'available' });
      }),
  })
  .onFailed(({ db }, { snapshotId }, failure, { ctx }) =>
    db.transaction(async (tx) => {
      const snapshot = await lockSnapshot(tx, db, snapshotId);
      if (!snapshot || (snapshot.status !== 'creating' && snapshot.status !== 'available')) return;
      await changeSnapshot(tx, snapshotId, { status: 'error' });
      await insertMessage(tx, {
        projectId: snapshot.projectId,
        eventId: 'VOLUME_VOLUME_SNAPSHOT_010_001',
        text: `create snapshot:${failure.message}`,
        requestId: ctx?.requestId,
        resourceType: 'VOLUME_SNAPSHOT',
        resourceId: snapshotId,
      });
    }),
  );
