import { randomUUID } from 'node:crypto';
import { nowIso } from '@kumo/core/db';
import type { Queries } from './servers.ts';

/**
 * Something that nova-api asks of Cinder before its own transaction: `reserve` a volume for a server, `detach`: mark one as
 * detaching. The row is written first and goes in that transaction; one that stays belongs to a request that was cut short.
 */
export interface VolumeClaim {
  id: string;
  serverId: string;
  volumeId: string;
  kind: 'reserve' | 'detach';
}

/** @returns the claim's id. */
export async function insertVolumeClaim(
  q: Queries,
  { serverId, volumeId, kind }: Omit<VolumeClaim, 'id'>,
): Promise<string> {
  const id = randomUUID();
  const row = { id, server_id: serverId, volume_id: volumeId, kind, created_at: nowIso() };
  await q.insertInto('volume_claims').values(row).execute();
  return id;
}

export async function findVolumeClaim(q: Queries, id: string): Promise<VolumeClaim | undefined> {
  const row = await q.selectFrom('volume_claims').selectAll().where('id', '=', id).executeTakeFirst();
  return row && { id, serverId: row.server_id, volumeId: row.volume_id, kind: row.kind };
}

/** Ids of the claims that were made before the moment `at` (as `nowIso` has it). */
export async function volumeClaimsBefore(q: Queries, at: string): Promise<string[]> {
  const rows = await q.selectFrom('volume_claims').select('id').where('created_at', '<', at).execute();
  return rows.map(({ id }) => id);
}

/** Succeeds when there is none. */
export async function deleteVolumeClaim(q: Queries, id: string): Promise<void> {
  await q.deleteFrom('volume_claims').where('id', '=', id).execute();
}
