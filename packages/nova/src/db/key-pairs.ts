import { nowIso, pageQuery } from '@kumo/core/db';
import type { KeyPairRow } from './schema.ts';
import type { Queries } from './servers.ts';

export interface KeyPair {
  userId: string;
  name: string;
  number: number;
  type: string;
  fingerprint: string;
  publicKey: string;
  createdAt: string;
}

const keyPairOf = (row: KeyPairRow): KeyPair => ({
  userId: row.user_id,
  name: row.name,
  number: row.number,
  type: row.type,
  fingerprint: row.fingerprint,
  publicKey: row.public_key,
  createdAt: row.created_at,
});

export async function findKeyPair(q: Queries, userId: string, name: string): Promise<KeyPair | undefined> {
  const row = await q
    .selectFrom('key_pairs')
    .selectAll()
    .where('user_id', '=', userId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && keyPairOf(row);
}

export async function insertKeyPair(tx: Queries, keyPair: Omit<KeyPair, 'number' | 'createdAt'>): Promise<void> {
  const { last } = await tx
    .selectFrom('key_pairs')
    .select(({ fn }) => fn.max('number').as('last'))
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('key_pairs')
    .values({
      user_id: keyPair.userId,
      name: keyPair.name,
      number: Number(last ?? 0) + 1,
      type: keyPair.type,
      fingerprint: keyPair.fingerprint,
      public_key: keyPair.publicKey,
      created_at: nowIso(),
    })
    .execute();
}

export async function countKeyPairs(q: Queries, userId: string): Promise<number> {
  const { count } = await q
    .selectFrom('key_pairs')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export interface KeyPairPage {
  userId: string;
  limit?: number;
  marker?: string;
  unknownMarker: (marker: string | number) => Error;
}

export async function listKeyPairs(
  q: Queries,
  { userId, ...page }: KeyPairPage,
): Promise<{ keyPairs: KeyPair[]; hasMore: boolean }> {
  const query = q.selectFrom('key_pairs').selectAll().where('user_id', '=', userId);
  const { rows, hasMore } = await pageQuery(query, { ...page, key: 'name' });
  return { keyPairs: rows.map(keyPairOf), hasMore };
}

export async function deleteKeyPair(q: Queries, userId: string, name: string): Promise<boolean> {
  const query = q.deleteFrom('key_pairs').where('user_id', '=', userId).where('name', '=', name);
  return Number((await query.executeTakeFirst()).numDeletedRows) > 0;
}
