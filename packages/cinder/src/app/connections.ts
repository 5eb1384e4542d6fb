import {
  type Attachment,
  attachmentsOf,
  type ConnectorRecord,
  changeAttachment,
  findAttachment,
  lockAttachment,
  removeAttachment,
} from '../db/attachments.ts';
import type { CinderDb } from '../db/schema.ts';
import { findVolume, lockVolume } from '../db/volumes.ts';
import type { Connector, VolumeDriver } from '../drivers/volume/index.ts';
import type { KeyedLock } from '../drivers/volume/keyed-lock.ts';
import { attachmentNotFound, attachmentOfOtherHost, backendLost, volumeNotFound } from '../errors.ts';
import { backendOf } from './placement.ts';
import { settleStatus } from './volume-status.ts';

/**
 * What attachments do on a back end. Everything on one volume happens one after the other (`lock`), and the driver's
 * side comes before the database's when connecting, after it is marked when disconnecting: a crash in between
 * leaves what the reconciler or a repetition brings to its end.
 */
export class Connections {
  readonly #db: CinderDb;
  readonly #driver: VolumeDriver;
  readonly #lock: KeyedLock;
  /** `host@backend` of this process. */
  readonly #backend: string;

  constructor(parts: { db: CinderDb; driver: VolumeDriver; lock: KeyedLock; backend: string }) {
    this.#db = parts.db;
    this.#driver = parts.driver;
    this.#lock = parts.lock;
    this.#backend = parts.backend;
  }

  /** @throws attachmentNotFound, attachmentOfOtherHost. */
  async connect(attachmentId: string, connector: ConnectorRecord): Promise<void> {
    const { volumeId } = await this.#find(attachmentId);
    await this.#lock.run([volumeId], async () => {
      const attachment = await this.#find(attachmentId);
      const host = String(connector.host);
      if (attachment.host !== null && attachment.host !== host)
        throw attachmentOfOtherHost({ id: attachmentId, host: attachment.host });
      const volume = await findVolume(this.#db.q, volumeId);
      if (!volume) throw volumeNotFound({ id: volumeId });
      if (backendOf(volume) !== this.#backend)
        throw backendLost({ id: volumeId, host: backendOf(volume), asked: this.#backend });
      const { driver_volume_type, data } = await this.#driver.initializeConnection(volumeId, connectorOf(connector));
      const mode = volume.readonly ? 'ro' : (text(connector.mode) ?? attachment.mode ?? 'rw');
      const connectionInfo = {
        ...data,
        access_mode: mode,
        driver_volume_type,
        attachment_id: attachmentId,
        encrypted: false,
        qos_specs: null,
      };
      const written = await this.#db.transaction(async (tx) => {
        const locked = await lockVolume(tx, this.#db, volumeId);
        if (!locked || !(await lockAttachment(tx, this.#db, attachmentId))) return false;
        const status = attachment.status === 'attached' ? 'attached' : 'attaching';
        await changeAttachment(tx, attachmentId, {
          status,
          mode,
          host,
          mountpoint: text(connector.mountpoint) ?? attachment.mountpoint,
          connector,
          connectionInfo,
        });
        await settleStatus(tx, locked);
        return true;
      });
      if (written) return;
      // It was removed in the meantime.
      await this.#terminate({ ...attachment, host, connector });
      throw attachmentNotFound({ id: attachmentId });
    });
  }

  /** Succeeds when there is no such attachment. */
  async disconnect(attachmentId: string): Promise<void> {
    const found = await findAttachment(this.#db.q, attachmentId);
    if (!found) return;
    const { volumeId } = found;
    await this.#lock.run([volumeId], async () => {
      const attachment = await findAttachment(this.#db.q, attachmentId);
      if (!attachment) return;
      await this.#mark(attachment);
      await this.#terminate(attachment);
      await this.#db.transaction(async (tx) => {
        const volume = await lockVolume(tx, this.#db, volumeId);
        await removeAttachment(tx, attachmentId);
        if (volume) await settleStatus(tx, volume);
      });
    });
  }

  /** Ends connections that no attachment accounts for. @returns the hosts that were disconnected. */
  async sweep(volumeId: string, connectedHosts: readonly string[]): Promise<string[]> {
    return this.#lock.run([volumeId], async () => {
      const wanted = new Set((await attachmentsOf(this.#db.q, [volumeId])).map(({ host }) => host));
      const stray = connectedHosts.filter((host) => !wanted.has(host));
      for (const host of stray) await this.#driver.terminateConnection(volumeId, { host });
      return stray;
    });
  }

  async #mark({ id, volumeId }: Attachment): Promise<void> {
    await this.#db.transaction(async (tx) => {
      const volume = await lockVolume(tx, this.#db, volumeId);
      if (!(await lockAttachment(tx, this.#db, id))) return;
      await changeAttachment(tx, id, { status: 'detaching' });
      if (volume) await settleStatus(tx, volume);
    });
  }

  /** Unless another attachment needs the volume on the same host. */
  async #terminate({ id, volumeId, host, connector }: Attachment): Promise<void> {
    if (connector === null || host === null) return;
    const others = (await attachmentsOf(this.#db.q, [volumeId])).filter(
      (one) => one.id !== id && one.host === host && one.status !== 'detaching',
    );
    if (others.length === 0) await this.#driver.terminateConnection(volumeId, connectorOf(connector));
  }

  async #find(id: string): Promise<Attachment> {
    const attachment = await findAttachment(this.#db.q, id);
    if (!attachment) throw attachmentNotFound({ id });
    return attachment;
  }
}

function connectorOf(record: ConnectorRecord): Connector {
  const { host, ip, initiator, gid } = record;
  return {
    host: String(host),
    ip: text(ip),
    initiator: text(initiator),
    ...(typeof gid === 'number' ? { gid } : {}),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
