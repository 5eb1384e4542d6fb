import { fromIso } from '@kumo/core/db';
import { flows } from '@kumo/core/flow';
import type { Logger } from '@kumo/core/log';
import type { RpcClient } from '@kumo/core/rpc';
import type { CinderConfig } from '../config.ts';
import { insertMessage } from '../db/messages.ts';
import type { CinderDb } from '../db/schema.ts';
import { listServiceRecords } from '../db/services.ts';
import { findVolumeType } from '../db/volume-types.ts';
import { changeVolume, findVolume, lockVolume, type Volume, volumeContext } from '../db/volumes.ts';
import { noBackend } from '../errors.ts';
import { volumeCreate } from '../flows/volume-create.ts';
import type { volumeRpc } from '../rpc/volume.ts';
import { type Backend, chooseBackend } from './backend-choice.ts';
import { nudgeBackend } from './backend-nudge.ts';
import { backendHost } from './placement.ts';

/** Finds back ends for new volumes. Any number of schedulers may work on one volume: the first to write wins. */
export class Scheduler {
  readonly #db: CinderDb;
  readonly #config: CinderConfig;
  readonly #backends: RpcClient<typeof volumeRpc.methods>;
  readonly #log: Logger;

  constructor(parts: {
    db: CinderDb;
    config: CinderConfig;
    backends: RpcClient<typeof volumeRpc.methods>;
    log: Logger;
  }) {
    this.#db = parts.db;
    this.#config = parts.config;
    this.#backends = parts.backends;
    this.#log = parts.log;
  }

  /** Places a volume that waits for it; one that does not is left alone. @returns true to be asked again soon. */
  async place(volumeId: string): Promise<boolean> {
    const volume = await findVolume(this.#db.q, volumeId);
    if (volume?.status !== 'creating' || volume.host !== null) return false;
    const choice = await this.#choose(volume);
    if ('host' in choice) {
      await this.#assign(volumeId, choice.host);
      return false;
    }
    const isPatient = choice.noneIsUp && Date.now() - fromIso(volume.createdAt) < this.#config.schedulePatienceMs;
    if (isPatient) return true;
    await this.#giveUp(volumeId, choice);
    return false;
  }

  async #choose(volume: Volume): Promise<{ host: string } | { reason: string; noneIsUp: boolean }> {
    const origin = await this.#originOf(volume);
    if (origin?.host) return { host: origin.host };
    const { serviceDownAfterMs, maxOverSubscriptionRatio, reservedPercentage } = this.#config;
    const services = await listServiceRecords(this.#db.q, { binary: 'cinder-volume' });
    const up = services.filter(
      (one) => !one.disabled && one.stats !== null && Date.now() - fromIso(one.updatedAt) < serviceDownAfterMs,
    );
    if (up.length === 0) return { reason: 'No back end is up and enabled.', noneIsUp: true };
    const type = await findVolumeType(this.#db.q, volume.typeId);
    const backends = up.map(
      ({ host, availabilityZone, stats }): Backend => ({ host: `${host}#${stats!.pool}`, availabilityZone, ...stats! }),
    );
    const wanted = {
      sizeGb: volume.sizeGb,
      availabilityZone: volume.availabilityZone,
      extraSpecs: type?.extraSpecs ?? {},
    };
    const { chosen, refusals } = chooseBackend(backends, wanted, { maxOverSubscriptionRatio, reservedPercentage });
    return chosen ? { host: chosen.host } : { reason: refusals.join(' '), noneIsUp: false };
  }

  /** A copy is made where its source is. */
  async #originOf({ sourceVolumeId, snapshotId }: Volume): Promise<Volume | undefined> {
    if (sourceVolumeId !== null) return findVolume(this.#db.q, sourceVolumeId);
    if (snapshotId === null) return undefined;
    const row = await this.#db.q
      .selectFrom('snapshots')
      .select('volume_id')
      .where('id', '=', snapshotId)
      .executeTakeFirst();
    return row && findVolume(this.#db.q, row.volume_id);
  }

  async #assign(volumeId: string, host: string): Promise<void> {
    const server = backendHost(host);
    await this.#db.transaction(async (tx) => {
      const volume = await lockVolume(tx, this.#db, volumeId);
      if (volume?.status !== 'creating' || volume.host !== null) return;
      await changeVolume(tx, volumeId, { host });
      // Also when the scheduler was not told and finds the volume itself.
      const ctx = await volumeContext(tx, volumeId);
      await flows.start(tx, volumeCreate, { volumeId }, { key: volumeId, holder: server, ctx });
      nudgeBackend(tx, this.#backends, server);
    });
  }

  async #giveUp(volumeId: string, { reason, noneIsUp }: { reason: string; noneIsUp: boolean }): Promise<void> {
    await this.#db.transaction(async (tx) => {
      const volume = await lockVolume(tx, this.#db, volumeId);
      if (volume?.status !== 'creating' || volume.host !== null) return;
      await changeVolume(tx, volumeId, { status: 'error' });
      const text = `schedule allocate volume:${noBackend({ reason }).message}`;
      await insertMessage(tx, {
        projectId: volume.projectId,
        eventId: 'VOLUME_VOLUME_001_002',
        text,
        resourceType: 'VOLUME',
        resourceId: volumeId,
      });
    });
    // That what was asked for fits nowhere is its user's to know, who finds it in the volume's messages.
    if (noneIsUp)
      this.#log.warn({ volumeId }, 'no back end is up for a new volume: start a cinder-volume, or enable one');
    else this.#log.info({ volumeId, reason }, 'a new volume fits no back end');
  }
}
