import type { Context } from '@kumo/core/context';
import { type Db, nowIso } from '@kumo/core/db';
import type { NovaConfig } from '../config.ts';
import { type AttachedVolume, attachedVolumesOf, type BlockDevice } from '../db/block-devices.ts';
import { isUp, listServices } from '../db/hosts.ts';
import type { NovaTables } from '../db/schema.ts';
import { listServers } from '../db/server-list.ts';
import { metadataOf, replaceMetadata } from '../db/server-metadata.ts';
import { addTags, removeTags, tagsOf } from '../db/server-tags.ts';
import { findServer, type Server, type ServerChanges, updateServer } from '../db/servers.ts';
import { markerNotFound, metadataTooMany, serverInvalidState, serverNotFound, tooManyTags } from '../errors.ts';
import { type ServerQuery, selectionOf } from './server-selection.ts';

export type { FlavorSnapshot, NetworkInfo } from '../db/server-shapes.ts';
export type { BlockDevice, Server };

/** A server with what stands in other tables. */
export interface FullServer extends Server {
  metadata: Record<string, string>;
  volumes: AttachedVolume[];
  tags: string[];
  /** UP, DOWN, MAINTENANCE or '' without a host; undefined when it was not asked for. */
  hostStatus?: string;
}

/** What is to be read besides the servers' own rows: each costs a statement per page. */
export interface WantedParts {
  tags: boolean;
  hostStatus: boolean;
}

const MAX_TAGS = 50;

export class Servers {
  readonly #db: Db<NovaTables>;
  readonly #config: NovaConfig;

  constructor(db: Db<NovaTables>, config: NovaConfig) {
    this.#db = db;
    this.#config = config;
  }

  /** @throws serverNotFound, also for a deleted one. */
  async get(id: string, options: { deleted?: boolean } = {}): Promise<Server> {
    const server = await findServer(this.#db.q, id, options);
    if (!server) throw serverNotFound({ id });
    return server;
  }

  async full(servers: readonly Server[], parts: WantedParts): Promise<FullServer[]> {
    const ids = servers.map(({ id }) => id);
    const [metadata, volumes, tags, statuses] = await Promise.all([
      metadataOf(this.#db.q, ids),
      attachedVolumesOf(this.#db.q, ids),
      parts.tags ? tagsOf(this.#db.q, ids) : undefined,
      parts.hostStatus ? this.#hostStatuses() : undefined,
    ]);
    return servers.map((server) => ({
      ...server,
      metadata: metadata.get(server.id)!,
      volumes: volumes.get(server.id)!,
      tags: tags?.get(server.id) ?? [],
      hostStatus: statuses && (server.host === null ? '' : (statuses.get(server.host) ?? 'UNKNOWN')),
    }));
  }

  async #hostStatuses(): Promise<Map<string, string>> {
    const services = await listServices(this.#db.q, { binary: 'nova-compute' });
    const statusOf = (service: (typeof services)[number]) => {
      if (service.forcedDown) return 'DOWN';
      if (service.disabled) return 'MAINTENANCE';
      return isUp(service, this.#config.serviceDownSeconds) ? 'UP' : 'UNKNOWN';
    };
    return new Map(services.map((service) => [service.host, statusOf(service)]));
  }

  /** A page of servers. @throws 400 for an unknown marker or status, 403 for what an admin alone may ask for. */
  async list(ctx: Context, query: ServerQuery): Promise<{ servers: Server[]; hasMore: boolean }> {
    const selection = selectionOf(ctx, query, this.#config.maxPageSize);
    if (selection === 'nothing') return { servers: [], hasMore: false };
    return listServers(this.#db.q, { ...selection, unknownMarker: (marker) => markerNotFound({ marker }) });
  }

  async update(server: Server, changes: ServerChanges): Promise<Server> {
    if (!(await updateServer(this.#db.q, server.id, changes))) throw serverNotFound({ id: server.id });
    return this.get(server.id);
  }

  async metadata(server: Server): Promise<Record<string, string>> {
    return (await metadataOf(this.#db.q, [server.id])).get(server.id)!;
  }

  /** Works out new metadata from the old; the two cannot be torn apart by another request. @throws 403 over the limit. */
  async changeMetadata(
    server: Server,
    change: (old: Record<string, string>) => Record<string, string>,
  ): Promise<Record<string, string>> {
    if (server.vmState === 'building' && server.taskState === 'deleting')
      throw serverInvalidState({
        action: 'update metadata',
        id: server.id,
        attribute: 'task_state',
        state: 'deleting',
      });
    const limit = this.#config.quota.metadataItems;
    return this.#db.transaction(async (tx) => {
      // Locks the server's row first, so that two changes follow one another.
      if (!(await updateServer(tx, server.id, { updatedAt: nowIso() }))) throw serverNotFound({ id: server.id });
      const next = change((await metadataOf(tx, [server.id])).get(server.id)!);
      if (limit >= 0 && Object.keys(next).length > limit) throw metadataTooMany({ limit });
      await replaceMetadata(tx, server.id, next);
      return next;
    });
  }

  async tags(server: Server): Promise<string[]> {
    return (await tagsOf(this.#db.q, [server.id])).get(server.id)!;
  }

  /** Gives whether the tag is new. @throws 400 over 50. */
  async addTag(server: Server, tag: string): Promise<boolean> {
    return this.#db.transaction(async (tx) => {
      await updateServer(tx, server.id, { updatedAt: nowIso() });
      const isNew = (await addTags(tx, [server.id], [tag])) > 0;
      if (isNew && (await tagsOf(tx, [server.id])).get(server.id)!.length > MAX_TAGS)
        throw tooManyTags({ limit: MAX_TAGS });
      return isNew;
    });
  }

  /** Removes one tag, or all; gives how many were there. */
  async removeTags(server: Server, tag?: string): Promise<number> {
    return removeTags(this.#db.q, server.id, tag);
  }

  async replaceTags(server: Server, tags: readonly string[]): Promise<string[]> {
    await this.#db.transaction(async (tx) => {
      await updateServer(tx, server.id, { updatedAt: nowIso() });
      await removeTags(tx, server.id);
      await addTags(tx, [server.id], tags);
    });
    return this.tags(server);
  }
}
