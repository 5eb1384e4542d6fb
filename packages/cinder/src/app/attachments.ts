import { randomUUID } from 'node:crypto';
import type { Context } from '@kumo/core/context';
import { type Filter, nowIso, type Page, pageQuery } from '@kumo/core/db';
import type { QueryOf } from '@kumo/core/http';
import { busUnavailable, type RpcClient, rpcTimeout } from '@kumo/core/rpc';
import { parseBoolean } from '@kumo/core/schema';
import type { listAttachmentsDetail } from '../api/attachments.ts';
import {
  type Attachment,
  attachmentsOf,
  type ConnectorRecord,
  changeAttachment,
  findAttachment,
  insertAttachment,
  lockAttachment,
  removeAttachment,
  toAttachment,
} from '../db/attachments.ts';
import type { CinderDb } from '../db/schema.ts';
import { findVolume, lockVolume, type Volume } from '../db/volumes.ts';
import {
  attachmentInUse,
  attachmentNotFound,
  attachmentOfOtherHost,
  backendSilent,
  invalidInput,
  invalidVolume,
  volumeNotFound,
} from '../errors.ts';
import type { volumeRpc } from '../rpc/volume.ts';
import { equal, pageOf, scopeOf } from './listing.ts';
import { backendOf } from './placement.ts';
import { pageOptions } from './volume-list.ts';
import { settleStatus } from './volume-status.ts';

export type { Attachment, ConnectorRecord };
export type AttachmentQuery = QueryOf<typeof listAttachmentsDetail>;

export interface AttachmentRequest {
  volumeId: string;
  instanceId: string | null;
  connector?: ConnectorRecord;
  mode: string | null;
}

const SORTS = {
  id: 'id',
  status: 'status',
  created_at: 'created_at',
  volume_id: 'volume_id',
  instance_uuid: 'instance_id',
} as const;
const RESERVABLE = new Set(['available']);
const RESERVABLE_MULTI = new Set(['available', 'in-use', 'reserved', 'attaching']);

/** Whether a service asks, or an admin: they connect servers, and see hosts. */
export function isService(ctx: Context): boolean {
  return [...ctx.roles, ...ctx.serviceRoles].some((role) => role === 'service' || role === 'admin');
}

/** Attachments: who uses which volume, from where. */
export class Attachments {
  readonly #db: CinderDb;
  readonly #backends: RpcClient<typeof volumeRpc.methods>;

  constructor(db: CinderDb, backends: RpcClient<typeof volumeRpc.methods>) {
    this.#db = db;
    this.#backends = backends;
  }

  /** The volume, to ask its policy. @throws volumeNotFound. */
  async volume(id: string): Promise<Volume> {
    const volume = await findVolume(this.#db.q, id);
    if (!volume) throw volumeNotFound({ id });
    return volume;
  }

  /** @throws attachmentNotFound. */
  async show(id: string): Promise<Attachment> {
    const attachment = await findAttachment(this.#db.q, id);
    if (!attachment) throw attachmentNotFound({ id });
    return attachment;
  }

  /**
   * Reserves a volume; with a connector it is connected as well.
   *
   * @throws invalidVolume when somebody else has it.
   */
  async create(ctx: Context, request: AttachmentRequest): Promise<Attachment> {
    const id = randomUUID();
    const { volumeId, instanceId, connector, mode } = request;
    if (connector && connector.host === undefined) throw invalidInput({ reason: 'the connector has no host' });
    await this.#db.transaction(async (tx) => {
      const volume = await lockVolume(tx, this.#db, volumeId);
      if (!volume) throw volumeNotFound({ id: volumeId });
      assertReservable(volume, await attachmentsOf(tx, [volumeId]), instanceId);
      if (volume.readonly && mode === 'rw')
        throw invalidVolume({ reason: `Volume ${volumeId} is readonly: attach it with mode 'ro'.` });
      await insertAttachment(tx, {
        id,
        volumeId,
        projectId: volume.projectId,
        instanceId,
        mode: mode ?? (volume.readonly ? 'ro' : null),
      });
      await settleStatus(tx, volume);
    });
    return connector === undefined ? this.show(id) : this.connect(ctx, id, connector);
  }

  /**
   * Connects the attachment for the connector's host: afterwards it has connection info. Repeated, it gives the same.
   *
   * @throws attachmentNotFound, attachmentOfOtherHost; unavailable while the back end is away.
   */
  async connect(ctx: Context, id: string, connector: ConnectorRecord): Promise<Attachment> {
    const attachment = await this.show(id);
    if (attachment.host !== null && attachment.host !== connector.host)
      throw attachmentOfOtherHost({ id, host: attachment.host });
    const volume = await this.volume(attachment.volumeId);
    const server = backendOf(volume);
    await this.#backends.connect({ attachment_id: id, connector }, { server, ctx }).catch(silence(server));
    return this.show(id);
  }

  /** Says that the guest has the volume. Idempotent. @throws invalidInput for an attachment that is not connected. */
  async complete(id: string): Promise<void> {
    const { volumeId } = await this.show(id);
    await this.#db.transaction(async (tx) => {
      const volume = await lockVolume(tx, this.#db, volumeId);
      const attachment = await lockAttachment(tx, this.#db, id);
      if (!volume || !attachment) throw attachmentNotFound({ id });
      if (attachment.status === 'attached') return;
      if (attachment.status !== 'attaching')
        throw invalidInput({
          reason: `attachment ${id} is ${attachment.status}: it must be updated with a connector first`,
        });
      await changeAttachment(tx, id, { status: 'attached', attachedAt: nowIso() });
      await settleStatus(tx, volume);
    });
  }

  /**
   * Ends an attachment: disconnected, gone. A user may not take a volume away under a guest; that is Nova's to do.
   *
   * @returns what is left of the volume's attachments.
   * @throws attachmentNotFound, attachmentInUse; unavailable while the back end is away, to be repeated then.
   */
  async remove(ctx: Context, id: string): Promise<Attachment[]> {
    const attachment = await this.show(id);
    const { volumeId, instanceId, connector } = attachment;
    if (instanceId !== null && connector !== null && !isService(ctx)) throw attachmentInUse({ instanceId });
    if (connector === null && attachment.status === 'reserved') await this.#forget(attachment);
    if (await findAttachment(this.#db.q, id)) {
      const volume = await this.volume(volumeId);
      const server = backendOf(volume);
      await this.#backends.disconnect({ attachment_id: id }, { server, ctx }).catch(silence(server));
    }
    return attachmentsOf(this.#db.q, [volumeId]);
  }

  /** Removes an attachment that never was connected, unless it is being connected right now. */
  async #forget({ id, volumeId }: Attachment): Promise<void> {
    await this.#db.transaction(async (tx) => {
      const volume = await lockVolume(tx, this.#db, volumeId);
      const attachment = await lockAttachment(tx, this.#db, id);
      if (!volume || !attachment || attachment.connector !== null) return;
      await removeAttachment(tx, id);
      await settleStatus(tx, volume);
    });
  }

  async list(
    ctx: Context,
    query: AttachmentQuery,
    options: { isAdmin: boolean; maxPage: number },
  ): Promise<Page<Attachment> & { count?: number }> {
    const page = pageOf(query, options.maxPage, SORTS);
    const scope = scopeOf(ctx, query, options.isAdmin);
    let base = this.#db.q.selectFrom('attachments');
    if (scope !== undefined) base = base.where('project_id', '=', scope);
    const filters: Filter[] = [
      ...equal('id', query.id),
      ...equal('volume_id', query.volume_id),
      ...equal('instance_id', query.instance_id ?? query.instance_uuid),
      ...equal('status', query.attach_status ?? query.status),
      ...equal('attach_mode', query.attach_mode),
    ];
    const all = page.offset === 0 ? base.selectAll() : base.selectAll().offset(page.offset);
    const { rows, hasMore } = await pageQuery(all, { ...pageOptions(page, attachmentNotFound), filters });
    const found = { rows: rows.map(toAttachment), hasMore };
    if (!parseBoolean(query.with_count)) return found;
    const counted = await pageQuery(base.select('id'), { filters });
    return { ...found, count: counted.rows.length };
  }
}

/** The reply tells what the back end did: without its answer there is none. */
function silence(host: string): (error: unknown) => never {
  return (error) => {
    if (rpcTimeout.is(error) || busUnavailable.is(error))
      throw backendSilent({ host }, { cause: error, retryable: true });
    throw error;
  };
}

/** One guest may reserve its own volume again: so it moves from host to host. */
function assertReservable(volume: Volume, attachments: readonly Attachment[], instanceId: string | null): void {
  const allowed = volume.multiattach ? RESERVABLE_MULTI : RESERVABLE;
  if (allowed.has(volume.status)) return;
  const isOwn = instanceId !== null && attachments.some((one) => one.instanceId === instanceId);
  if (isOwn && RESERVABLE_MULTI.has(volume.status)) return;
  throw invalidVolume({
    reason: `Volume ${volume.id} status must be ${[...allowed].join(' or ')} to reserve, but the current status is ${volume.status}.`,
  });
}
