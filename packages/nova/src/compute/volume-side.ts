import { setTimeout as sleep } from 'node:timers/promises';
import type { cinderApi } from '@kumo/cinder/api';
import type { Client } from '@kumo/core/client';
import type { Static } from 'typebox';
import type { GuestDisk } from '../drivers/virt/driver.ts';
import { volumeFailed, volumeSlow, volumeUnreachable } from '../errors.ts';
import type { Conductor } from '../flows/flow-deps.ts';
import type { BlockDevice, ServerDescription } from '../rpc/shapes.ts';
import { unlessAbsent, unlessRefused } from './absent.ts';
import { asUser, type CallScope } from './call-scope.ts';

export type Cinder = Client<typeof cinderApi>;
type ConnectionInfo = Static<(typeof cinderApi.updateAttachment)['reply']>['attachment']['connection_info'];
/** The microversion that Nova speaks with Cinder: attachments with os-complete. */
export const CINDER_VERSION = '3.44';

/** In the metadata of a volume that Nova made: for which block device, so that a repetition finds it. */
const MADE_FOR = 'nova_block_device';
const VOLUME_DEADLINE_MS = 1_800_000;
const LOOK_FIRST_MS = 100;
const LOOK_LAST_MS = 3_000;

export interface AttachedDisk {
  disk: GuestDisk;
  attachmentId: string;
}

export interface AttachedDisks {
  disks: GuestDisk[];
  attachmentIds: string[];
}

export interface Connector {
  readonly host: string;
  readonly ip: string;
}

export interface VolumeSideOptions {
  readonly connector: Connector;
  /** The group of a server's guest, whose members alone may reach its volumes. */
  readonly groupOf?: (serverId: string) => Promise<number | undefined>;
  /** A hypervisor without disks takes volumes without data. */
  readonly takesFakes: boolean;
}

/** Cinder from a host's point of view: makes, connects and releases the volumes of its guests. */
export class VolumeSide {
  readonly #cinder: Cinder;
  readonly #conductor: Conductor;
  readonly #connector: Connector;
  readonly #groupOf: (serverId: string) => Promise<number | undefined>;
  readonly #takesFakes: boolean;

  constructor(cinder: Cinder, conductor: Conductor, options: VolumeSideOptions) {
    this.#cinder = cinder;
    this.#conductor = conductor;
    this.#connector = options.connector;
    this.#groupOf = options.groupOf ?? (async () => undefined);
    this.#takesFakes = options.takesFakes;
  }

  /** Every volume of the server exists and is connected to this host. @throws volumeFailed, volumeUnreachable */
  async ensureAttached(server: Pick<ServerDescription, 'id' | 'projectId'>, scope: CallScope): Promise<AttachedDisks> {
    // What a former try wrote down about its volumes counts, not what this flow read at its start.
    const { blockDevices } = await this.#conductor.describeServer({ serverId: server.id }, { ctx: scope.ctx });
    const attached: AttachedDisk[] = [];
    for (const device of blockDevices.filter(isVolume)) attached.push(await this.#attach(server, device, scope));
    return { disks: attached.map(({ disk }) => disk), attachmentIds: attached.map(({ attachmentId }) => attachmentId) };
  }

  /** The same for one block device. */
  async ensureOne(serverId: string, blockDeviceId: string, scope: CallScope): Promise<AttachedDisk> {
    const server = await this.#conductor.describeServer({ serverId }, { ctx: scope.ctx });
    const device = server.blockDevices.find(({ id }) => id === blockDeviceId);
    if (!device) throw volumeUnreachable({ volume: blockDeviceId, reason: 'its block device does not exist any more' });
    return this.#attach(server, device, scope);
  }

  /** The guest uses them: `in-use`. */
  async complete(attachmentIds: readonly string[], scope: CallScope): Promise<void> {
    for (const attachment_id of attachmentIds) {
      const params = { attachment_id };
      const { attachment } = await this.#cinder.showAttachment({ params, ...scope });
      if (attachment.status === 'attached') continue;
      await this.#cinder.completeAttachment({ params, body: { 'os-complete': null }, ...scope });
    }
  }

  /** Deletes the attachments of all volumes of the server; a server that is gone has none. */
  async releaseAll(serverId: string, scope: CallScope): Promise<void> {
    const server = await unlessAbsent(this.#conductor.describeServer({ serverId }, { ctx: scope.ctx }));
    for (const device of server?.blockDevices ?? []) await this.#release(serverId, device, scope);
  }

  /** Deletes the attachment of one block device. */
  async releaseOne(serverId: string, blockDeviceId: string, scope: CallScope): Promise<void> {
    const server = await unlessAbsent(this.#conductor.describeServer({ serverId }, { ctx: scope.ctx }));
    const device = server?.blockDevices.find(({ id }) => id === blockDeviceId);
    if (device) await this.#release(serverId, device, scope);
  }

  /** Deletes the server's attachments of a volume that never got further than being reserved, but for those in `kept`. */
  async releaseReserved(
    { serverId, volumeId, kept }: { serverId: string; volumeId: string; kept: readonly string[] },
    scope: CallScope,
  ): Promise<void> {
    const query = { all_tenants: '1', instance_id: serverId, volume_id: volumeId };
    const { attachments } = await this.#cinder.listAttachments({ query, ...scope });
    for (const { id, status } of attachments)
      if (status === 'reserved' && !kept.includes(id))
        await unlessAbsent(this.#cinder.deleteAttachment({ params: { attachment_id: id }, ...scope }));
  }

  /** Deletes the volumes that are to go with the server, and those that a cut-short build made for it. */
  async deleteOnTermination(
    server: Pick<ServerDescription, 'projectId' | 'blockDevices'>,
    scope: CallScope,
  ): Promise<void> {
    for (const device of server.blockDevices.filter((one) => isVolume(one) && one.deleteOnTermination)) {
      const volume_id = device.volumeId ?? (await this.#findMade(server, device, scope));
      if (volume_id === undefined) continue;
      const found = await unlessAbsent(this.#cinder.showVolume({ params: { volume_id }, ...scope }));
      if (!found || found.volume.status === 'deleting') continue;
      // The user named the volume: what Cinder does not let him delete stays.
      await unlessRefused(this.#cinder.deleteVolume({ params: { volume_id }, ...asUser(scope) }));
    }
  }

  /** A detach failed: the volume is `in-use` again. */
  async keepAttached(volumeId: string, scope: CallScope): Promise<void> {
    const params = { volume_id: volumeId };
    const found = await unlessAbsent(this.#cinder.showVolume({ params, ...scope }));
    if (found?.volume.status !== 'detaching') return;
    await this.#cinder.rollDetachingVolume({ params, body: { 'os-roll_detaching': null }, ...scope });
  }

  /** The disk as it can be reached now; for a guest that is made again. */
  async #attach(server: Pick<ServerDescription, 'id' | 'projectId'>, device: BlockDevice, scope: CallScope) {
    const volumeId = device.volumeId ?? (await this.#ensureVolume(server, device, scope));
    const attachmentId = device.attachmentId ?? (await this.#reserve(server.id, device.id, volumeId, scope));
    const gid = await this.#groupOf(server.id);
    const connector = { ...this.#connector, mountpoint: device.deviceName, mode: 'rw' as const, ...(gid && { gid }) };
    const { attachment } = await this.#cinder.updateAttachment({
      params: { attachment_id: attachmentId },
      body: { attachment: { connector } },
      ...scope,
    });
    const disk = this.#diskOf(volumeId, attachment.connection_info);
    if (device.bootIndex !== null && device.bootIndex >= 0) disk.bootIndex = device.bootIndex;
    return { disk, attachmentId };
  }

  #diskOf(volumeId: string, connection: ConnectionInfo): GuestDisk {
    const { driver_volume_type: kind = 'none', export_name, socket_path, host, port, access_mode } = connection;
    const isReachable = kind === 'nbd' ? (socket_path ?? host) !== undefined : kind === 'fake' && this.#takesFakes;
    if (!isReachable || export_name === undefined)
      throw volumeUnreachable({ volume: volumeId, reason: `its connection is of the kind '${kind}'` });
    const where = socket_path === undefined ? { host, port } : { socket: socket_path };
    const source: GuestDisk['source'] = { kind: 'nbd', exportName: export_name, ...where };
    return { volumeId, source, bus: 'virtio', readOnly: access_mode === 'ro' };
  }

  async #ensureVolume(server: Pick<ServerDescription, 'id' | 'projectId'>, device: BlockDevice, scope: CallScope) {
    const volumeId = (await this.#findMade(server, device, scope)) ?? (await this.#create(server, device, scope));
    await this.#untilAvailable(volumeId, scope);
    await this.#conductor.updateBlockDevice({ serverId: server.id, blockDeviceId: device.id, changes: { volumeId } });
    return volumeId;
  }

  async #create(server: Pick<ServerDescription, 'projectId'>, device: BlockDevice, scope: CallScope): Promise<string> {
    const { volume } = await this.#cinder.createVolumeInProject({
      params: { project_id: server.projectId },
      body: {
        volume: {
          size: device.volumeSizeGb,
          name: '',
          description: '',
          volume_type: device.volumeType,
          metadata: { [MADE_FOR]: device.id },
          ...(device.sourceType === 'image' ? { imageRef: device.imageId } : {}),
          ...(device.sourceType === 'snapshot' ? { snapshot_id: device.snapshotId } : {}),
        },
      },
      // Source, type and size are the user's choice.
      ...asUser(scope),
    });
    return volume.id;
  }

  /** Among the project's own: metadata is what everybody may write. */
  async #findMade({ projectId }: Pick<ServerDescription, 'projectId'>, device: BlockDevice, scope: CallScope) {
    if (device.sourceType === 'volume') return undefined;
    const metadata = JSON.stringify({ [MADE_FOR]: device.id });
    const query = { all_tenants: '1', project_id: projectId, metadata };
    const { volumes } = await this.#cinder.listVolumes({ query, ...scope });
    return volumes[0]?.id;
  }

  async #untilAvailable(volumeId: string, scope: CallScope): Promise<void> {
    const deadline = Date.now() + VOLUME_DEADLINE_MS;
    for (let pauseMs = LOOK_FIRST_MS; ; pauseMs = Math.min(LOOK_LAST_MS, pauseMs * 1.5)) {
      const { volume } = await this.#cinder.showVolume({ params: { volume_id: volumeId }, ...scope });
      if (volume.status === 'available') return;
      if (!['creating', 'downloading'].includes(volume.status))
        throw volumeFailed({ volume: volumeId, status: volume.status });
      if (Date.now() > deadline)
        throw volumeSlow({ volume: volumeId, status: volume.status, seconds: VOLUME_DEADLINE_MS / 1000 });
      await sleep(pauseMs, undefined, { signal: scope.signal });
    }
  }

  /** An attachment that a former try made but did not write down is taken again. */
  async #reserve(serverId: string, blockDeviceId: string, volumeId: string, scope: CallScope): Promise<string> {
    const query = { all_tenants: '1', instance_id: serverId, volume_id: volumeId };
    const { attachments } = await this.#cinder.listAttachments({ query, ...scope });
    const attachmentId = attachments[0]?.id ?? (await this.#createAttachment(serverId, volumeId, scope));
    await this.#conductor.updateBlockDevice({ serverId, blockDeviceId, changes: { attachmentId } });
    return attachmentId;
  }

  async #createAttachment(serverId: string, volumeId: string, scope: CallScope): Promise<string> {
    const body = { attachment: { volume_uuid: volumeId, instance_uuid: serverId } };
    return (await this.#cinder.createAttachment({ body, ...asUser(scope) })).attachment.id;
  }

  async #release(serverId: string, device: BlockDevice, scope: CallScope): Promise<void> {
    if (!isVolume(device)) return;
    const ids = device.attachmentId === null ? await this.#unwritten(serverId, device, scope) : [device.attachmentId];
    for (const attachment_id of ids)
      await unlessAbsent(this.#cinder.deleteAttachment({ params: { attachment_id }, ...scope }));
    if (device.attachmentId !== null)
      await this.#conductor.updateBlockDevice({ serverId, blockDeviceId: device.id, changes: { attachmentId: null } });
  }

  async #unwritten(serverId: string, { volumeId }: BlockDevice, scope: CallScope): Promise<string[]> {
    if (volumeId === null) return [];
    const query = { all_tenants: '1', instance_id: serverId, volume_id: volumeId };
    return (await this.#cinder.listAttachments({ query, ...scope })).attachments.map(({ id }) => id);
  }
}

export function isVolume({ destinationType }: Pick<BlockDevice, 'destinationType'>): boolean {
  return destinationType === 'volume';
}
