import { insertIgnore } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';

type Q = Kysely<KeystoneTables>;

export type MappedKind = 'user' | 'group';

/** What a user or group of a directory is called here (`publicId`) and there (`localId`). */
export interface IdMapping {
  readonly publicId: string;
  readonly domainId: string;
  readonly localId: string;
  readonly kind: MappedKind;
}

/** Names in one statement. */
const BATCH = 500;

export async function findMapping(q: Q, publicId: string): Promise<IdMapping | undefined> {
  const row = await q.selectFrom('id_mappings').selectAll().where('public_id', '=', publicId).executeTakeFirst();
  return row && { publicId, domainId: row.domain_id, localId: row.local_id, kind: row.entity_type };
}

export async function findMappings(q: Q, publicIds: readonly string[]): Promise<IdMapping[]> {
  const found: IdMapping[] = [];
  for (let at = 0; at < publicIds.length; at += BATCH) {
    const rows = await q
      .selectFrom('id_mappings')
      .selectAll()
      .where('public_id', 'in', publicIds.slice(at, at + BATCH))
      .execute();
    for (const row of rows)
      found.push({ publicId: row.public_id, domainId: row.domain_id, localId: row.local_id, kind: row.entity_type });
  }
  return found;
}

/** The public ids that are known, by local id. */
export async function publicIdsOf(
  q: Q,
  { domainId, kind, localIds }: { domainId: string; kind: MappedKind; localIds: readonly string[] },
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let at = 0; at < localIds.length; at += BATCH) {
    const rows = await q
      .selectFrom('id_mappings')
      .select(['local_id', 'public_id'])
      .where('domain_id', '=', domainId)
      .where('entity_type', '=', kind)
      .where('local_id', 'in', localIds.slice(at, at + BATCH))
      .execute();
    for (const row of rows) found.set(row.local_id, row.public_id);
  }
  return found;
}

/** Those that somebody else made meanwhile stay as they are. */
export async function insertMappings(tx: Q, mappings: readonly IdMapping[]): Promise<void> {
  for (let at = 0; at < mappings.length; at += BATCH) {
    const rows = mappings.slice(at, at + BATCH).map((one) => ({
      public_id: one.publicId,
      domain_id: one.domainId,
      local_id: one.localId,
      entity_type: one.kind,
    }));
    await insertIgnore(tx, 'id_mappings', rows);
  }
}

export interface MappingFilter {
  readonly domainId?: string;
  readonly publicId?: string;
  readonly localId?: string;
  readonly kind?: MappedKind;
}

/** How many went. */
export async function deleteMappings(tx: Q, { domainId, publicId, localId, kind }: MappingFilter): Promise<number> {
  let query = tx.deleteFrom('id_mappings');
  if (domainId !== undefined) query = query.where('domain_id', '=', domainId);
  if (publicId !== undefined) query = query.where('public_id', '=', publicId);
  if (localId !== undefined) query = query.where('local_id', '=', localId);
  if (kind !== undefined) query = query.where('entity_type', '=', kind);
  const { numDeletedRows } = await query.executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Roles given to the users and groups of directories of some domains go with the domains. */
export async function deleteAssignmentsOfMapped(tx: Q, domainIds: readonly string[]): Promise<void> {
  const mapped = tx
    .selectFrom('id_mappings')
    .select('public_id')
    .where('domain_id', 'in', [...domainIds]);
  await tx.deleteFrom('assignments').where('actor_id', 'in', mapped).execute();
}
