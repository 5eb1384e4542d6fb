import { randomUUID } from 'node:crypto';
import type { Context } from '@kumo/core/context';
import { afterCommit } from '@kumo/core/db';
import type { RpcClient } from '@kumo/core/rpc';
import type { CinderConfig } from '../config.ts';
import type { Metadata } from '../db/metadata.ts';
import type { CinderDb } from '../db/schema.ts';
import { listServiceRecords } from '../db/services.ts';
import { findSnapshot, type Snapshot } from '../db/snapshots.ts';
import type { VolumeType } from '../db/volume-types.ts';
import { findVolume, insertVolume, type Volume } from '../db/volumes.ts';
import {
  backupNotFound,
  groupNotFound,
  invalidInput,
  invalidSnapshot,
  invalidVolume,
  snapshotNotFound,
  volumeNotFound,
} from '../errors.ts';
import type { schedulerRpc } from '../rpc/scheduler.ts';
import type { Images } from './images.ts';
import type { VolumeQuota } from './quota.ts';
import type { VolumeTypes } from './volume-types.ts';

export interface VolumeRequest {
  projectId: string;
  sizeGb?: number;
  name: string | null;
  description: string | null;
  availabilityZone?: string;
  type?: string;
  metadata: Metadata;
  imageId?: string;
  snapshotId?: string;
  sourceVolumeId?: string;
  backupId?: string;
  groupId?: string;
  multiattach: boolean;
}

/** Asked where the request turns out to need more than the operation's policy. Throws forbidden. */
export interface CreationPolicy {
  fromImage(): void;
  multiattach(): void;
}

export interface CreationDeps {
  db: CinderDb;
  config: CinderConfig;
  quota: VolumeQuota;
  types: VolumeTypes;
  images: Images;
  scheduler: RpcClient<typeof schedulerRpc.methods>;
}

interface Source {
  snapshot?: Snapshot;
  volume?: Volume;
}

/** Checks a wish for a volume, writes it down, and asks the scheduler for a back end. */
export class VolumeCreation {
  readonly #deps: CreationDeps;

  constructor(deps: CreationDeps) {
    this.#deps = deps;
  }

  /**
   * The volume is `creating` afterwards, whatever happens to this process.
   *
   * @throws what the request lacks or asks too much of, naming it; then nothing was changed.
   */
  async create(ctx: Context, request: VolumeRequest, policy: CreationPolicy): Promise<Volume> {
    const { db, quota, images, scheduler } = this.#deps;
    const source = await this.#source(ctx, request);
    const sizeGb = sizeOf(request, source);
    const type = await this.#type(ctx, request, source);
    const multiattach = isMultiattach(type);
    if (request.multiattach && !multiattach)
      throw invalidInput({
        reason: `multiattach needs a volume type that allows it (multiattach="<is> True"); ${type.name} does not`,
      });
    if (multiattach) policy.multiattach();
    const availabilityZone = await this.#zone(request, source);
    await quota.checkSize(request.projectId, sizeGb);
    if (request.imageId !== undefined) policy.fromImage();
    const image = request.imageId === undefined ? undefined : await images.usable(ctx, request.imageId, sizeGb);
    const origin = source.volume ?? (source.snapshot && (await findVolume(db.q, source.snapshot.volumeId)));
    const { projectId, name, description, metadata } = request;
    const id = randomUUID();
    const row = {
      id,
      projectId,
      userId: ctx.userId,
      name,
      description,
      metadata,
      sizeGb,
      status: 'creating',
      typeId: type.id,
      availabilityZone,
      bootable: image !== undefined || (origin?.bootable ?? false),
      multiattach,
      readonly: false,
      sourceImageId: image?.id ?? null,
      snapshotId: source.snapshot?.id ?? null,
      sourceVolumeId: source.volume?.id ?? null,
      imageMetadata: image?.metadata ?? origin?.imageMetadata ?? null,
    };
    await db.transaction(async (tx) => {
      await quota.charge(tx, projectId, type, { volumes: 1, gigabytes: sizeGb });
      await insertVolume(tx, row, ctx);
      const send = () => scheduler.placeVolume({ volume_id: id }, { ctx });
      afterCommit(tx, { name: 'cinder-scheduler.placeVolume', send });
    });
    return (await findVolume(db.q, id)) ?? { ...row, previousStatus: null, host: null, createdAt: '', updatedAt: null };
  }

  async #source(ctx: Context, request: VolumeRequest): Promise<Source> {
    const { imageId, snapshotId, sourceVolumeId, backupId, groupId } = request;
    if ([imageId, snapshotId, sourceVolumeId, backupId].filter((one) => one !== undefined).length > 1)
      throw invalidInput({ reason: 'May specify only one of snapshot, imageRef, source volume or backup' });
    // Kumo keeps neither backups nor groups yet: whatever is named does not exist.
    if (backupId !== undefined) throw backupNotFound({ id: backupId });
    if (groupId !== undefined) throw groupNotFound({ id: groupId });
    if (snapshotId !== undefined) return { snapshot: await this.#snapshot(ctx, request, snapshotId) };
    if (sourceVolumeId !== undefined) return { volume: await this.#sourceVolume(ctx, request, sourceVolumeId) };
    return {};
  }

  async #snapshot(ctx: Context, request: VolumeRequest, id: string): Promise<Snapshot> {
    const snapshot = await findSnapshot(this.#deps.db.q, id);
    if (!snapshot || !mayUse(ctx, request, snapshot)) throw snapshotNotFound({ id });
    if (snapshot.status !== 'available')
      throw invalidSnapshot({
        reason: `Snapshot ${id} is ${snapshot.status}: a volume is made from one that is available.`,
      });
    return snapshot;
  }

  async #sourceVolume(ctx: Context, request: VolumeRequest, id: string): Promise<Volume> {
    const volume = await findVolume(this.#deps.db.q, id);
    if (!volume || !mayUse(ctx, request, volume)) throw volumeNotFound({ id });
    if (volume.status !== 'available' && volume.status !== 'in-use')
      throw invalidVolume({
        reason: `Volume ${id} is ${volume.status}: a volume is made from one that is available or in-use.`,
      });
    return volume;
  }

  async #type(ctx: Context, request: VolumeRequest, { volume, snapshot }: Source): Promise<VolumeType> {
    const { types, db } = this.#deps;
    if (request.type !== undefined) return types.show(ctx, request.type);
    const origin = volume ?? (snapshot && (await findVolume(db.q, snapshot.volumeId)));
    const known = origin && (await types.all()).find(({ id }) => id === origin.typeId);
    return known ?? types.showDefault();
  }

  async #zone({ availabilityZone }: VolumeRequest, { volume, snapshot }: Source): Promise<string> {
    const { db, config } = this.#deps;
    const origin = volume ?? (snapshot && (await findVolume(db.q, snapshot.volumeId)));
    if (availabilityZone === undefined) return origin?.availabilityZone ?? config.availabilityZone;
    const zones = (await listServiceRecords(db.q)).map((service) => service.availabilityZone);
    if (availabilityZone !== config.availabilityZone && !zones.includes(availabilityZone))
      throw invalidInput({ reason: `Availability zone '${availabilityZone}' is invalid.` });
    if (origin && origin.availabilityZone !== availabilityZone)
      throw invalidInput({
        reason: `the source is in availability zone '${origin.availabilityZone}', not in '${availabilityZone}'`,
      });
    return availabilityZone;
  }
}

/** The extra spec as Cinder writes it: `multiattach="<is> True"`. */
export function isMultiattach({ extraSpecs }: VolumeType): boolean {
  return extraSpecs.multiattach === '<is> True';
}

/** What a volume is copied from must be its project's own; an admin in his own project may copy from everywhere. */
function mayUse(ctx: Context, request: VolumeRequest, owner: { projectId: string }): boolean {
  if (owner.projectId === request.projectId) return true;
  return request.projectId === ctx.projectId && ctx.roles.includes('admin');
}

function sizeOf({ sizeGb }: VolumeRequest, { snapshot, volume }: Source): number {
  const origin = snapshot ?? volume;
  const size = sizeGb ?? origin?.sizeGb;
  if (size === undefined)
    throw invalidInput({ reason: 'size is missing: it must be a whole number of GiB, 1 or more' });
  if (size < 1) throw invalidInput({ reason: `size must be a whole number of GiB, 1 or more, not ${size}` });
  if (origin && size < origin.sizeGb)
    throw invalidInput({
      reason: `Volume size ${size}GB cannot be smaller than ${snapshot ? 'the snapshot' : 'original volume'} size ${origin.sizeGb}GB.`,
    });
  return size;
}
