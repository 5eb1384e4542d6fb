import { type Db, toIso } from '@kumo/core/db';
import type { Logger } from '@kumo/core/log';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { VolumeSide } from '../compute/volume-side.ts';
import { blockDevicesOf } from '../db/block-devices.ts';
import type { NovaTables } from '../db/schema.ts';
import { unfinishedFlows } from '../db/server-flows.ts';
import { deleteVolumeClaim, findVolumeClaim, volumeClaimsBefore } from '../db/volume-claims.ts';

export interface VolumeClaimsOptions {
  readonly db: Db<NovaTables>;
  readonly volumes: Pick<VolumeSide, 'releaseReserved' | 'keepAttached'>;
  readonly log: Logger;
  /** Longer than any request lasts. Default 300,000. */
  readonly graceMs?: number;
}

/** Takes back in Cinder what nova-api asked for there and then did not write down, because it was killed in between. */
export function volumeClaims({ db, volumes, log, graceMs = 300_000 }: VolumeClaimsOptions): Reconciler {
  return reconciler({
    name: 'nova volume claims',
    intervalMs: 60_000,
    log,
    keys: () => volumeClaimsBefore(db.q, toIso(Date.now() - graceMs)),
    reconcile: async (id, signal) => {
      const claim = await findVolumeClaim(db.q, id);
      if (!claim) return;
      const { serverId, volumeId, kind } = claim;
      // A flow that is under way decides about the server's volumes.
      if ((await unfinishedFlows(db.q, [serverId])).length > 0) return { againMs: 5_000 };
      const devices = await blockDevicesOf(db.q, [serverId]);
      if (kind === 'detach') await volumes.keepAttached(volumeId, { signal });
      else
        await volumes.releaseReserved(
          { serverId, volumeId, kept: devices.flatMap(({ attachmentId }) => attachmentId ?? []) },
          { signal },
        );
      await deleteVolumeClaim(db.q, id);
      log.warn({ serverId, volumeId, kind }, 'took back what a request that was cut short had asked of Cinder');
    },
  });
}
