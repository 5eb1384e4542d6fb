import { randomUUID } from 'node:crypto';
import type { Context } from '@kumo/core/context';
import { type Filter, type Page, pageQuery } from '@kumo/core/db';
import { type FlowJournal, flows } from '@kumo/core/flow';
import type { QueryOf } from '@kumo/core/http';
import type { RpcClient } from '@kumo/core/rpc';
import { parseBoolean } from '@kumo/core/schema';
import { type Expression, type SqlBool, sql } from 'kysely';
import type { listSnapshotsDetail } from '../api/snapshots.ts';
import { dropMetadata, type Metadata, metadataOf, putMetadata } from '../db/metadata.ts';
import type { CinderDb } from '../db/schema.ts';
import {
  changeSnapshot,
  findSnapshot,
  insertSnapshot,
  lockSnapshot,
  type Snapshot,
  toSnapshot,
} from '../db/snapshots.ts';
import { findVolume, lockVolume, type Volume } from '../db/volumes.ts';
import { invalidSnapshot, invalidVolume, metadataNotFound, snapshotNotFound, volumeNotFound } from '../errors.ts';
import { snapshotCreate } from '../flows/snapshot-create.ts';
import { snapshotDelete } from '../flows/snapshot-delete.ts';
import type { volumeRpc } from '../rpc/volume.ts';
import { nudgeBackend } from './backend-nudge.ts';
import { dictionary, equal, likeness, pageOf, scopeOf, timeFilters } from './listing.ts';
import { backendOf } from './placement.ts';
import type { VolumeQuota } from './quota.ts';
import { pageOptions } from './volume-list.ts';
import type { VolumeTypes } from './volume-types.ts';

export type { Snapshot };
export type SnapshotQuery = QueryOf<typeof listSnapshotsDetail>;

export interface SnapshotsDeps {
  db: CinderDb;
  journal: FlowJournal;
  quota: VolumeQuota;
  types: VolumeTypes;
  backends: RpcClient<typeof volumeRpc.methods>;
}

const SORTS = {
  id: 'id',
  name: 'name',
  display_name: 'name',
  status: 'status',
  volume_id: 'volume_id',
  created_at: 'created_at',
  updated_at: 'updated_at',
} as const;
const DELETABLE = new Set(['available', 'error', 'error_deleting']);

/** Snapshots of volumes. */
export class Snapshots {
  readonly #deps: SnapshotsDeps;

  constructor(deps: SnapshotsDeps) {
    this.#deps = deps;
  }

  /** @throws snapshotNotFound. */
  async show(id: string): Promise<Snapshot> {
    const snapshot = await findSnapshot(this.#deps.db.q, id);
    if (!snapshot) throw snapshotNotFound({ id });
    return snapshot;
  }

  /** The volume, to ask its policy. @throws volumeNotFound. */
  async volume(id: string): Promise<Volume> {
    const volume = await findVolume(this.#deps.db.q, id);
    if (!volume) throw volumeNotFound({ id });
    return volume;
  }

  async metadata(ids: readonly string[]): Promise<Map<string, Metadata>> {
    return metadataOf(this.#deps.db.q, 'snapshot_metadata', ids);
  }

  /** @throws invalidVolume when the volume is busy, or in use and `force` is not given; the quota's 413. */
  async create(
    ctx: Context,
    request: { volumeId: string; name: string | null; description: string | null; metadata: Metadata; force: boolean },
  ): Promise<Snapshot> {
    const { db, quota, types, backends } = this.#deps;
    const { volumeId, name, description, metadata, force } = request;
    const id = randomUUID();
    const known = await types.all();
    await db.transaction(async (tx) => {
      const found = await lockVolume(tx, db, volumeId);
      if (!found) throw volumeNotFound({ id: volumeId });
      const allowed = force ? ['available', 'in-use'] : ['available'];
      if (!allowed.includes(found.status))
        throw invalidVolume({
          reason: `Volume ${volumeId} status must be ${allowed.join(' or ')}, but current status is: ${found.status}.`,
        });
      const type = known.find((one) => one.id === found.typeId) ?? { id: found.typeId, name: found.typeId };
      await quota.charge(tx, found.projectId, type, { snapshots: 1, gigabytes: found.sizeGb });
      await insertSnapshot(tx, {
        id,
        volumeId,
        projectId: found.projectId,
        userId: ctx.userId,
        name,
        description,
        sizeGb: found.sizeGb,
        status: 'creating',
        metadata,
      });
      const holder = backendOf(found);
      await flows.start(tx, snapshotCreate, { snapshotId: id }, { key: id, holder, ctx });
      nudgeBackend(tx, backends, holder, ctx);
    });
    return this.show(id);
  }

  async update(id: string, change: { name?: string | null; description?: string | null }): Promise<void> {
    await changeSnapshot(this.#deps.db.q, id, change);
  }

  async resetStatus(id: string, status: string): Promise<void> {
    await changeSnapshot(this.#deps.db.q, id, { status });
  }

  /** @throws invalidSnapshot unless it is available or in error; with `force` whatever its status. */
  async remove(ctx: Context, id: string, force: boolean): Promise<void> {
    const { db, journal, backends } = this.#deps;
    if (force) await journal.cancel({ key: id }, 'the snapshot is deleted by force');
    await db.transaction(async (tx) => {
      const { volumeId } = this.#present(await findSnapshot(tx, id), id);
      const owner = await lockVolume(tx, db, volumeId);
      const snapshot = this.#present(await lockSnapshot(tx, db, id), id);
      if (!owner) throw snapshotNotFound({ id });
      if (!force && !DELETABLE.has(snapshot.status))
        throw invalidSnapshot({
          reason: `Snapshot status must be available or error or error_deleting, but it is ${snapshot.status}.`,
        });
      await changeSnapshot(tx, id, { status: 'deleting' });
      const holder = backendOf(owner);
      await flows.start(tx, snapshotDelete, { snapshotId: id }, { key: id, holder, ctx });
      nudgeBackend(tx, backends, holder, ctx);
    });
  }

  async putMetadata(id: string, entries: Metadata, replace: boolean): Promise<Metadata> {
    await this.#deps.db.transaction((tx) => putMetadata(tx, 'snapshot_metadata', id, { entries, replace }));
    return (await this.metadata([id])).get(id)!;
  }

  /** @throws metadataNotFound. */
  async dropMetadata(id: string, key: string): Promise<void> {
    if (!(await dropMetadata(this.#deps.db.q, 'snapshot_metadata', id, key)))
      throw metadataNotFound({ owner: 'Snapshot', id, key });
  }

  async list(
    ctx: Context,
    query: SnapshotQuery,
    options: { isAdmin: boolean; maxPage: number },
  ): Promise<Page<Snapshot> & { count?: number }> {
    const page = pageOf(query, options.maxPage, SORTS);
    const scope = scopeOf(ctx, query, options.isAdmin);
    let base = this.#deps.db.q.selectFrom('snapshots');
    if (scope !== undefined) base = base.where('project_id', '=', scope);
    for (const condition of conditionsOf(query)) base = base.where(condition);
    const filters = filtersOf(query, options.isAdmin);
    const all = page.offset === 0 ? base.selectAll() : base.selectAll().offset(page.offset);
    const { rows, hasMore } = await pageQuery(all, { ...pageOptions(page, snapshotNotFound), filters });
    const found = { rows: rows.map(toSnapshot), hasMore };
    if (!parseBoolean(query.with_count)) return found;
    return { ...found, count: (await pageQuery(base.select('id'), { filters })).rows.length };
  }

  #present(snapshot: Snapshot | undefined, id: string): Snapshot {
    if (!snapshot) throw snapshotNotFound({ id });
    return snapshot;
  }
}

function filtersOf(query: SnapshotQuery, isAdmin: boolean): Filter[] {
  return [
    ...equal('id', query.id),
    ...equal('volume_id', query.volume_id),
    ...equal('name', query.name),
    ...likeness('name', query['name~']),
    ...equal('status', query.status),
    ...likeness('status', query['status~']),
    ...(isAdmin ? equal('user_id', query.user_id) : []),
    ...timeFilters('created_at', query.created_at),
    ...timeFilters('updated_at', query.updated_at),
    ...(query.consumes_quota !== undefined && !parseBoolean(query.consumes_quota)
      ? [{ column: 'id', op: 'in', value: [] } as const]
      : []),
  ];
}

function conditionsOf(query: SnapshotQuery): Expression<SqlBool>[] {
  const conditions = Object.entries(dictionary('metadata', query.metadata)).map(
    ([name, value]) =>
      sql<SqlBool>`exists (select 1 from snapshot_metadata m where m.owner_id = snapshots.id and m.name = ${name} and m.value = ${value})`,
  );
  if (query.availability_zone !== undefined)
    conditions.push(
      sql<SqlBool>`exists (select 1 from volumes v where v.id = snapshots.volume_id and v.availability_zone = ${query.availability_zone})`,
    );
  return conditions;
}
