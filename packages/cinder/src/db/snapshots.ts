import { forUpdate, nowIso } from '@kumo/core/db';
import { type Metadata, putMetadata } from './metadata.ts';
import type { CinderDb, Queries, SnapshotRow } from './schema.ts';

export interface Snapshot {
  id: string;
  volumeId: string;
  projectId: string;
  userId: string;
  name: string | null;
  description: string | null;
  sizeGb: number;
  status: string;
  createdAt: string;
  updatedAt: string | null;
}

export function toSnapshot(row: SnapshotRow): Snapshot {
  return {
    id: row.id,
    volumeId: row.volume_id,
    projectId: row.project_id,
    userId: row.user_id,
    name: row.name,
    description: row.description,
    sizeGb: row.size_gb,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export async function insertSnapshot(
  tx: Queries,
  snapshot: Omit<Snapshot, 'createdAt' | 'updatedAt'> & { metadata: Metadata },
): Promise<void> {
  await tx
    .insertInto('snapshots')
    .values({
      id: snapshot.id,
      volume_id: snapshot.volumeId,
      project_id: snapshot.projectId,
      user_id: snapshot.userId,
      name: snapshot.name,
      description: snapshot.description,
      size_gb: snapshot.sizeGb,
      status: snapshot.status,
      created_at: nowIso(),
      updated_at: null,
    })
    .execute();
  await putMetadata(tx, 'snapshot_metadata', snapshot.id, { entries: snapshot.metadata });
}

export async function findSnapshot(q: Queries, id: string): Promise<Snapshot | undefined> {
  const row = await q.selectFrom('snapshots').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toSnapshot(row);
}

/** Locked until the transaction ends. */
export async function lockSnapshot(tx: Queries, db: CinderDb, id: string): Promise<Snapshot | undefined> {
  const row = await forUpdate(tx.selectFrom('snapshots').selectAll().where('id', '=', id), db).executeTakeFirst();
  return row && toSnapshot(row);
}

export async function snapshotsOf(q: Queries, volumeId: string): Promise<Snapshot[]> {
  const rows = await q
    .selectFrom('snapshots')
    .selectAll()
    .where('volume_id', '=', volumeId)
    .orderBy('created_at')
    .execute();
  return rows.map(toSnapshot);
}

export async function changeSnapshot(
  tx: Queries,
  id: string,
  change: { name?: string | null; description?: string | null; status?: string },
): Promise<void> {
  await tx
    .updateTable('snapshots')
    .set({ ...change, updated_at: nowIso() })
    .where('id', '=', id)
    .execute();
}

export async function removeSnapshot(tx: Queries, id: string): Promise<void> {
  await tx.deleteFrom('snapshots').where('id', '=', id).execute();
}
