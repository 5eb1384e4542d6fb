import type { Context } from '@kumo/core/context';
import { type FlowDefinition, type FlowJournal, flows } from '@kumo/core/flow';
import type { RpcClient } from '@kumo/core/rpc';
import type { Transaction } from 'kysely';
import { type Attachment, attachmentsOf } from '../db/attachments.ts';
import { dropMetadata, type Metadata, metadataOf, putMetadata } from '../db/metadata.ts';
import type { CinderDb, Schema } from '../db/schema.ts';
import { changeSnapshot, snapshotsOf } from '../db/snapshots.ts';
import { changeVolume, findVolume, lockVolume, removeVolume, type Volume, type VolumeChange } from '../db/volumes.ts';
import { invalidInput, invalidVolume, metadataNotFound, volumeNotFound } from '../errors.ts';
import type { VolumeFlowDeps } from '../flows/deps.ts';
import { volumeDelete } from '../flows/volume-delete.ts';
import { volumeExtend } from '../flows/volume-extend.ts';
import type { volumeRpc } from '../rpc/volume.ts';
import { nudgeBackend } from './backend-nudge.ts';
import { backendOf } from './placement.ts';
import type { VolumeQuota } from './quota.ts';
import type { VolumeTypes } from './volume-types.ts';

export type { Metadata, Volume };

export interface VolumesDeps {
  db: CinderDb;
  journal: FlowJournal;
  quota: VolumeQuota;
  types: VolumeTypes;
  backends: RpcClient<typeof volumeRpc.methods>;
}

const DELETABLE = new Set([
  'available',
  'error',
  'error_restoring',
  'error_extending',
  'error_managing',
  'error_deleting',
]);

/** Volumes after they were made. */
export class Volumes {
  readonly #deps: VolumesDeps;

  constructor(deps: VolumesDeps) {
    this.#deps = deps;
  }

  /** @throws volumeNotFound. */
  async show(id: string): Promise<Volume> {
    const volume = await findVolume(this.#deps.db.q, id);
    if (!volume) throw volumeNotFound({ id });
    return volume;
  }

  /** Metadata and attachments of several volumes. */
  async parts(
    ids: readonly string[],
  ): Promise<{ metadata: Map<string, Metadata>; attachments: Map<string, Attachment[]> }> {
    const { q } = this.#deps.db;
    const metadata = await metadataOf(q, 'volume_metadata', ids);
    const attachments = Map.groupBy(await attachmentsOf(q, ids), ({ volumeId }) => volumeId);
    return { metadata, attachments };
  }

  async update(
    id: string,
    change: Pick<VolumeChange, 'name' | 'description'> & { metadata?: Metadata },
  ): Promise<void> {
    const { metadata, ...fields } = change;
    await this.#locked(id, async (tx) => {
      await changeVolume(tx, id, fields);
      if (metadata) await putMetadata(tx, 'volume_metadata', id, { entries: metadata, replace: true });
    });
  }

  async putMetadata(id: string, entries: Metadata, replace: boolean): Promise<Metadata> {
    await this.#locked(id, (tx) => putMetadata(tx, 'volume_metadata', id, { entries, replace }));
    return (await metadataOf(this.#deps.db.q, 'volume_metadata', [id])).get(id)!;
  }

  /** @throws metadataNotFound. */
  async dropMetadata(id: string, key: string): Promise<void> {
    if (!(await dropMetadata(this.#deps.db.q, 'volume_metadata', id, key)))
      throw metadataNotFound({ owner: 'Volume', id, key });
  }

  /**
   * Begins to delete a volume, with `cascade` its snapshots as well. A volume that was never placed is gone at once.
   *
   * @throws invalidVolume when it is in use, or (without `cascade`) has snapshots.
   */
  async remove(ctx: Context, id: string, options: { cascade: boolean; force: boolean }): Promise<void> {
    const { journal, quota } = this.#deps;
    if (options.force) await journal.cancel({ key: id }, 'the volume is deleted by force');
    await this.#locked(id, async (tx, found) => {
      if (found.status === 'deleting' && !options.force) return;
      await this.#assertDeletable(tx, found, options);
      if (found.host === null) {
        await removeVolume(tx, id);
        await quota.refund(tx, found.projectId, found.typeId, { volumes: 1, gigabytes: found.sizeGb });
        return;
      }
      for (const snapshot of await snapshotsOf(tx, id)) await changeSnapshot(tx, snapshot.id, { status: 'deleting' });
      await changeVolume(tx, id, { status: 'deleting', previousStatus: null });
      await this.#startFlow(tx, volumeDelete, { volumeId: id }, { volume: found, ctx });
    });
  }

  async #assertDeletable(
    tx: Transaction<Schema>,
    volume: Volume,
    { cascade, force }: { cascade: boolean; force: boolean },
  ): Promise<void> {
    const { id } = volume;
    const attached = await attachmentsOf(tx, [id]);
    const neverPlaced = volume.status === 'creating' && volume.host === null;
    if ((!force && !neverPlaced && !DELETABLE.has(volume.status)) || attached.length > 0)
      throw invalidVolume({
        reason:
          'Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.',
      });
    const snapshots = await snapshotsOf(tx, id);
    if (snapshots.length > 0 && !cascade)
      throw invalidVolume({ reason: `Volume ${id} still has ${snapshots.length} dependent snapshots.` });
    const busy = snapshots.find(({ status }) => !['available', 'error', 'error_deleting', 'deleting'].includes(status));
    if (busy) throw invalidVolume({ reason: `Snapshot ${busy.id} of the volume is ${busy.status}.` });
  }

  /**
   * Begins to grow a volume; one that is in use only where `mayBeAttached`.
   *
   * @throws invalidInput, invalidVolume, the quota's 413.
   */
  async extend(ctx: Context, id: string, newSizeGb: number, mayBeAttached: boolean): Promise<void> {
    const { quota, types } = this.#deps;
    const { projectId, typeId } = await this.show(id);
    await quota.checkSize(projectId, newSizeGb);
    const type = (await types.all()).find((one) => one.id === typeId) ?? { id: typeId, name: typeId };
    await this.#locked(id, async (tx, found) => {
      if (found.status !== 'available' && !(mayBeAttached && found.status === 'in-use'))
        throw invalidVolume({
          reason: `Volume ${id} status must be '${mayBeAttached ? 'available or in-use' : 'available'}' to extend, currently ${found.status}.`,
        });
      if (newSizeGb <= found.sizeGb)
        throw invalidInput({
          reason: `New size for extend must be greater than current size. (current: ${found.sizeGb}, extended: ${newSizeGb}).`,
        });
      await quota.charge(tx, found.projectId, type, { gigabytes: newSizeGb - found.sizeGb });
      await changeVolume(tx, id, { status: 'extending', previousStatus: found.status });
      await this.#startFlow(tx, volumeExtend, { volumeId: id, newSizeGb }, { volume: found, ctx });
    });
  }

  /** An admin's word against what is written. */
  async resetStatus(id: string, change: { status?: string; attachStatus?: string }): Promise<void> {
    await this.#locked(id, async (tx) => {
      if (change.status !== undefined) await changeVolume(tx, id, { status: change.status, previousStatus: null });
      if (change.attachStatus === 'detached')
        await tx.deleteFrom('attachments').where('volume_id', '=', id).where('status', '=', 'reserved').execute();
    });
  }

  /** From one status to another, at once. @throws invalidVolume when it is in none of `from`. */
  async moveStatus(id: string, move: { from: readonly string[]; to: string; done: string }): Promise<void> {
    await this.#locked(id, async (tx, volume) => {
      if (!move.from.includes(volume.status))
        throw invalidVolume({
          reason: `Unable to ${move.done} volume: its status must be ${move.from.join(' or ')}, but it is ${volume.status}.`,
        });
      await changeVolume(tx, id, { status: move.to });
    });
  }

  async setFlags(id: string, change: Pick<VolumeChange, 'bootable' | 'readonly'>): Promise<void> {
    await this.#locked(id, async (tx, volume) => {
      if (change.readonly !== undefined && volume.status !== 'available')
        throw invalidVolume({
          reason: `Volume ${id} status must be available to update readonly flag, but current status is: ${volume.status}.`,
        });
      await changeVolume(tx, id, change);
    });
  }

  async changeImageMetadata(id: string, change: (present: Metadata) => Metadata): Promise<Metadata> {
    return this.#locked(id, async (tx, volume) => {
      const imageMetadata = change(volume.imageMetadata ?? {});
      await changeVolume(tx, id, { imageMetadata });
      return imageMetadata;
    });
  }

  async #startFlow<Input, Results>(
    tx: Transaction<Schema>,
    definition: FlowDefinition<VolumeFlowDeps, Input, Results>,
    input: Input,
    { volume, ctx }: { volume: Volume; ctx: Context },
  ): Promise<void> {
    const holder = backendOf(volume);
    await flows.start(tx, definition, input, { key: volume.id, holder, ctx });
    nudgeBackend(tx, this.#deps.backends, holder, ctx);
  }

  #locked<T>(id: string, work: (tx: Transaction<Schema>, volume: Volume) => Promise<T>): Promise<T> {
    const { db } = this.#deps;
    return db.transaction(async (tx) => {
      const volume = await lockVolume(tx, db, id);
      if (!volume) throw volumeNotFound({ id });
      return work(tx, volume);
    });
  }
}
