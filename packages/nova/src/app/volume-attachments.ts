import { randomUUID } from 'node:crypto';
import type { Context } from '@kumo/core/context';
import { commitUnknown, type Db } from '@kumo/core/db';
import { KumoError } from '@kumo/core/errors';
import type { Logger } from '@kumo/core/log';
import type { Transaction } from 'kysely';
import { type BlockDevice, blockDevicesOf, insertBlockDevices, updateBlockDevice } from '../db/block-devices.ts';
import type { NovaTables } from '../db/schema.ts';
import type { VmState } from '../db/server-shapes.ts';
import type { Server } from '../db/servers.ts';
import { deleteVolumeClaim, insertVolumeClaim } from '../db/volume-claims.ts';
import {
  attachmentNotFound,
  invalidRequest,
  rootVolumeDetach,
  serverNotReady,
  volumeInvalid,
  volumeNotFound,
} from '../errors.ts';
import { volumeAttach } from '../flows/volume-attach.ts';
import { volumeDetach } from '../flows/volume-detach.ts';
import { checkVolumeFree, nextDeviceName } from './boot-devices.ts';
import type { Neighbours } from './neighbours.ts';
import { checkState, type ServerLifecycle } from './server-lifecycle.ts';

export interface WantedAttachment {
  volumeId: string;
  device?: string | null;
  tag: string | null;
  deleteOnTermination: boolean;
}

/** After these nobody knows whether Cinder did it. */
const UNKNOWN: readonly KumoError['kind'][] = ['unavailable', 'badGateway', 'internal'];
const ATTACHABLE: readonly VmState[] = ['active', 'paused', 'stopped', 'suspended'];

export class VolumeAttachments {
  readonly #db: Db<NovaTables>;
  readonly #cinder: Neighbours['cinder'];
  readonly #lifecycle: ServerLifecycle;
  readonly #log: Logger;

  constructor(db: Db<NovaTables>, cinder: Neighbours['cinder'], lifecycle: ServerLifecycle, log: Logger) {
    this.#db = db;
    this.#cinder = cinder;
    this.#lifecycle = lifecycle;
    this.#log = log;
  }

  /** Volumes of the server, in the order of their devices. */
  async list(server: Server): Promise<BlockDevice[]> {
    return (await blockDevicesOf(this.#db.q, [server.id])).filter(({ volumeId }) => volumeId !== null);
  }

  /** @throws 404 unless the volume is attached to the server. */
  async show(server: Server, volumeId: string): Promise<BlockDevice> {
    const found = (await this.list(server)).find((device) => device.volumeId === volumeId);
    if (!found) throw attachmentNotFound({ id: server.id, volumeId });
    return found;
  }

  /** Reserves the volume in Cinder, writes the device and the flow that attaches it. @throws 400, 404, 409. */
  async attach(ctx: Context, server: Server, wanted: WantedAttachment): Promise<BlockDevice> {
    this.#lifecycle.checkLock(ctx, server);
    checkState(server, 'attach_volume', { vmState: ATTACHABLE, taskState: [null] });
    if (server.host === null) throw serverNotReady({ id: server.id });
    const { volumeId } = wanted;
    const devices = await blockDevicesOf(this.#db.q, [server.id]);
    if (devices.some((device) => device.volumeId === volumeId))
      throw volumeInvalid({ reason: `volume ${volumeId} is already attached to instance ${server.id}` });
    const deviceName = this.#deviceName(devices, wanted.device);
    const own = { user: ctx };
    const { volume } = await this.#cinder.showVolume({ params: { volume_id: volumeId }, ...own }).catch((error) => {
      throw error instanceof KumoError && error.kind === 'notFound' ? volumeNotFound({ id: volumeId }) : error;
    });
    checkVolumeFree(volume);
    const body = { attachment: { volume_uuid: volumeId, instance_uuid: server.id } };
    const claim = await insertVolumeClaim(this.#db.q, { serverId: server.id, volumeId, kind: 'reserve' });
    const { attachment } = await this.#cinder
      .createAttachment({ body, ...own })
      .catch((error) => this.#refused(error, claim));
    const device = newDevice(server, wanted, { deviceName, attachmentId: attachment.id, sizeGb: volume.size });
    try {
      await this.#lifecycle.begin(ctx, server, {
        name: 'attach_volume',
        vmStates: ATTACHABLE,
        taskStates: [null],
        flow: volumeAttach,
        input: { serverId: server.id, blockDeviceId: device.id },
        also: async (tx) => {
          await insertBlockDevices(tx, [device]);
          await deleteVolumeClaim(tx, claim);
        },
      });
    } catch (error) {
      const params = { attachment_id: attachment.id };
      await this.#takeBack(error, claim, () => this.#cinder.deleteAttachment({ params, user: ctx }));
      throw error;
    }
    return { ...device, createdAt: '' };
  }

  #deviceName(devices: readonly BlockDevice[], asked: string | null | undefined): string {
    const taken = new Set(devices.flatMap(({ deviceName }) => (deviceName === null ? [] : [deviceName])));
    if (!asked) return nextDeviceName(taken);
    if (taken.has(asked)) throw invalidRequest({ message: `The supplied device path (${asked}) is in use.` });
    return asked;
  }

  /** Cinder did not do what the claim is for, or nobody knows: then nova-conductor will see. */
  async #refused(error: unknown, claim: string): Promise<never> {
    if (!(error instanceof KumoError) || UNKNOWN.includes(error.kind)) throw error;
    await deleteVolumeClaim(this.#db.q, claim);
    throw error.kind === 'badRequest' ? volumeInvalid({ reason: error.message }) : error;
  }

  /** After a transaction that failed. What does not succeed now is nova-conductor's, which finds the claim. */
  async #takeBack(error: unknown, claim: string, undo: () => Promise<unknown>): Promise<void> {
    if (commitUnknown.is(error)) return;
    try {
      await undo();
      await deleteVolumeClaim(this.#db.q, claim);
    } catch (cause) {
      this.#log.warn({ err: cause, claim }, 'what was asked of Cinder for nothing is taken back later');
    }
  }

  /** @throws 400 for another volume in its place, which this cloud does not swap. */
  async update(
    ctx: Context,
    server: Server,
    volumeId: string,
    changes: { volumeId: string; deleteOnTermination?: boolean },
  ): Promise<void> {
    this.#lifecycle.checkLock(ctx, server);
    const device = await this.show(server, volumeId);
    if (changes.volumeId !== volumeId)
      throw invalidRequest({
        message: 'The volumeId in the body differs from the one in the path: volumes cannot be swapped here.',
      });
    const { deleteOnTermination } = changes;
    if (deleteOnTermination !== undefined) await updateBlockDevice(this.#db.q, device.id, { deleteOnTermination });
  }

  /** Writes the flow that detaches the volume. @throws 400 for the root disk, 404, 409. */
  async detach(ctx: Context, server: Server, volumeId: string): Promise<void> {
    this.#lifecycle.checkLock(ctx, server);
    const device = await this.show(server, volumeId);
    checkState(server, 'detach_volume', { vmState: ATTACHABLE, taskState: [null] });
    if (device.bootIndex === 0) throw rootVolumeDetach();
    const own = { params: { volume_id: volumeId }, user: ctx };
    const claim = await insertVolumeClaim(this.#db.q, { serverId: server.id, volumeId, kind: 'detach' });
    await this.#cinder
      .beginDetachingVolume({ body: { 'os-begin_detaching': null }, ...own })
      .catch((error) => this.#refused(error, claim));
    const input = { serverId: server.id, blockDeviceId: device.id, volumeId };
    const name = 'detach_volume';
    const also = (tx: Transaction<NovaTables>) => deleteVolumeClaim(tx, claim);
    const begun = { name, vmStates: ATTACHABLE, taskStates: [null], flow: volumeDetach, input, also } as const;
    await this.#lifecycle.begin(ctx, server, begun).catch(async (error) => {
      const body = { 'os-roll_detaching': null };
      await this.#takeBack(error, claim, () => this.#cinder.rollDetachingVolume({ body, ...own }));
      throw error;
    });
  }
}

function newDevice(
  server: Server,
  wanted: WantedAttachment,
  known: { deviceName: string; attachmentId: string; sizeGb: number },
): Omit<BlockDevice, 'createdAt'> {
  return {
    id: randomUUID(),
    serverId: server.id,
    sourceType: 'volume',
    destinationType: 'volume',
    deviceName: known.deviceName,
    bootIndex: null,
    deleteOnTermination: wanted.deleteOnTermination,
    imageId: null,
    snapshotId: null,
    volumeId: wanted.volumeId,
    volumeSizeGb: known.sizeGb,
    volumeType: null,
    guestFormat: null,
    diskBus: null,
    deviceType: null,
    tag: wanted.tag,
    attachmentId: known.attachmentId,
    connectionInfo: null,
  };
}
