import { type Db, forUpdate, insertIgnore, upsert } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { LoginThrottleRow } from './schema-passwords.ts';

type Q = Kysely<KeystoneTables>;

/**
 * Changes the row of an id, of which there may be none yet, in the database itself: of two changes at the same time the
 * second sees the first.
 */
export async function changeThrottle(
  db: Db<KeystoneTables>,
  { id, subject }: Pick<LoginThrottleRow, 'id' | 'subject'>,
  change: (row: LoginThrottleRow) => LoginThrottleRow,
): Promise<LoginThrottleRow> {
  const none = { id, subject, count: 0, rounds: 0, ends_at: 0, forget_at: 0 };
  // Most logins are right and find no row.
  const begun = change(none);
  if ((await insertIgnore(db.q, 'login_throttles', [begun])) > 0) return begun;
  return db.transaction(async (tx) => {
    // Takes the lock on the row at once: two that first looked would wait for each other.
    await upsert(tx, 'login_throttles', none, ['id'], ['subject']);
    const query = tx.selectFrom('login_throttles').selectAll().where('id', '=', id);
    const { ends_at, forget_at, ...others } = await forUpdate(query, db).executeTakeFirstOrThrow();
    const changed = change({ ...others, ends_at: Number(ends_at), forget_at: Number(forget_at) });
    const { id: _, ...values } = changed;
    await tx.updateTable('login_throttles').set(values).where('id', '=', id).execute();
    return changed;
  });
}

/** The row as it is; an empty one where there is none. */
export async function findThrottle(q: Q, { id, subject }: Pick<LoginThrottleRow, 'id' | 'subject'>) {
  const row = await q.selectFrom('login_throttles').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return { id, subject, count: 0, rounds: 0, ends_at: 0, forget_at: 0 };
  return { ...row, ends_at: Number(row.ends_at), forget_at: Number(row.forget_at) };
}

/** One less, unless another window has begun. What was the only one leaves no row: it did not cost who sent it enough. */
export async function giveBack(q: Q, { id, ends_at }: LoginThrottleRow): Promise<void> {
  const { numDeletedRows } = await q
    .deleteFrom('login_throttles')
    .where('id', '=', id)
    .where('ends_at', '=', ends_at)
    .where('count', '<=', 1)
    .where('rounds', '=', 0)
    .executeTakeFirstOrThrow();
  if (numDeletedRows > 0n) return;
  await q
    .updateTable('login_throttles')
    .set((eb) => ({ count: eb('count', '-', 1) }))
    .where('id', '=', id)
    .where('ends_at', '=', ends_at)
    .where('count', '>', 0)
    .execute();
}

export async function deleteThrottle(q: Q, id: string): Promise<void> {
  await q.deleteFrom('login_throttles').where('id', '=', id).execute();
}

/** All rows of one account or key. */
export async function deleteThrottlesOf(q: Q, subject: string): Promise<void> {
  await q.deleteFrom('login_throttles').where('subject', '=', subject).execute();
}

/** Deletes the counts whose window has ended. */
export async function deleteOldThrottles(q: Q, nowMs: number): Promise<void> {
  await q.deleteFrom('login_throttles').where('forget_at', '<', nowMs).execute();
}
