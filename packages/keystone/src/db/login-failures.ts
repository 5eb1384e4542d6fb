import { insertIgnore, upsert } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';

type Q = Kysely<KeystoneTables>;

/** Counts the failures of users that do not exist. */
export const NOBODY = 'nobody';

export interface LoginFailures {
  /** Wrong logins in a row. */
  readonly count: number;
  readonly failedAt: string;
  /** By an operator. */
  readonly isLocked: boolean;
}

/** @param id a user's, or NOBODY. Undefined: none since the last login. */
export async function findFailures(q: Q, id: string): Promise<LoginFailures | undefined> {
  const row = await q.selectFrom('login_failures').selectAll().where('id', '=', id).executeTakeFirst();
  return row && { count: row.count, failedAt: row.failed_at, isLocked: row.locked === 1 };
}

/**
 * One more, in the database itself: of two at the same time both count.
 * @param forgetBefore failures before this time are over, and counting begins anew.
 */
export async function addFailure(tx: Q, id: string, at: string, forgetBefore: string | undefined): Promise<void> {
  await insertIgnore(tx, 'login_failures', [
    { id, user_id: id === NOBODY ? null : id, count: 0, failed_at: at, locked: 0 },
  ]);
  if (forgetBefore !== undefined)
    await tx
      .updateTable('login_failures')
      .set({ count: 0 })
      .where('id', '=', id)
      .where('failed_at', '<', forgetBefore)
      .execute();
  await tx
    .updateTable('login_failures')
    .set((eb) => ({ count: eb('count', '+', 1), failed_at: at }))
    .where('id', '=', id)
    .execute();
}

/** Forgets what was counted, and an operator's lock as well. */
export async function deleteFailures(q: Q, userId: string): Promise<void> {
  await q.deleteFrom('login_failures').where('id', '=', userId).execute();
}

export async function insertLock(tx: Q, userId: string, at: string): Promise<void> {
  const row = { id: userId, user_id: userId, count: 0, failed_at: at, locked: 1 };
  await upsert(tx, 'login_failures', row, ['id'], ['locked', 'failed_at']);
}
