import { type Db, forUpdate, insertIgnore, nowIso } from '@kumo/core/db';
import type { KeystoneTables } from './schema.ts';

export interface SealedKey {
  readonly number: number;
  readonly sealed: string;
}

export async function sealedKeys(db: Db<KeystoneTables>, repository: string): Promise<SealedKey[]> {
  return db.q.selectFrom('fernet_keys').select(['number', 'sealed']).where('repository', '=', repository).execute();
}

/** What is there already stays: of two processes that start together one makes each key. */
export async function addKeys(db: Db<KeystoneTables>, repository: string, keys: readonly SealedKey[]): Promise<void> {
  const rows = keys.map((key) => ({ ...key, repository, created_at: nowIso() }));
  await db.transaction((tx) => insertIgnore(tx, 'fernet_keys', rows));
}

/**
 * One change at a time: `decide` is given the numbers that are there and says what becomes of them; then keys are added.
 * @returns what `decide` gave.
 */
export async function replaceKeys<R extends { rename: readonly [number, number][]; remove: readonly number[] }>(
  db: Db<KeystoneTables>,
  repository: string,
  { decide, added }: { decide: (numbers: readonly number[]) => R; added: readonly SealedKey[] },
): Promise<R> {
  return db.transaction(async (tx) => {
    const mine = tx.selectFrom('fernet_keys').select('number').where('repository', '=', repository);
    const rows = await forUpdate(mine, db).execute();
    const decided = decide(rows.map((row) => row.number));
    for (const [from, to] of decided.rename)
      await tx
        .updateTable('fernet_keys')
        .set({ number: to })
        .where('repository', '=', repository)
        .where('number', '=', from)
        .execute();
    const rowsAdded = added.map((key) => ({ ...key, repository, created_at: nowIso() }));
    if (rowsAdded.length > 0) await tx.insertInto('fernet_keys').values(rowsAdded).execute();
    for (const number of decided.remove)
      await tx.deleteFrom('fernet_keys').where('repository', '=', repository).where('number', '=', number).execute();
    return decided;
  });
}
