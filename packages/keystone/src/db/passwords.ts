import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { PasswordRow } from './schema-passwords.ts';

type Q = Kysely<KeystoneTables>;

export interface Password {
  readonly id: string;
  readonly userId: string;
  readonly hash: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** Whether the user chose it. */
  readonly selfService: boolean;
}

/** The one that counts. */
export async function newestPassword(q: Q, userId: string): Promise<Password | undefined> {
  return (await newestPasswords(q, userId, 1))[0];
}

/** The last ones, the newest first. */
export async function newestPasswords(q: Q, userId: string, count: number): Promise<Password[]> {
  const rows = await q
    .selectFrom('passwords')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .limit(count)
    .execute();
  return rows.map(fromRow);
}

/** When the passwords of some users end; absent: never, or there is none. */
export async function passwordEnds(q: Q, userIds: readonly string[]): Promise<Map<string, string>> {
  if (userIds.length === 0) return new Map();
  const rows = await q
    .selectFrom('passwords')
    .select(['user_id', 'created_at', 'expires_at'])
    .where('user_id', 'in', [...userIds])
    .orderBy('created_at')
    .execute();
  const newest = new Map(rows.map((row) => [row.user_id, row.expires_at]));
  return new Map([...newest].filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Gives a user a new password. @param keep how many of those before stay as its history. */
export async function addPassword(tx: Q, password: Password, keep: number): Promise<void> {
  const { userId, createdAt } = password;
  const kept = (await newestPasswords(tx, userId, keep)).map((one) => one.id);
  let old = tx.deleteFrom('passwords').where('user_id', '=', userId);
  // One that seems to be from the future, made by another process, must not stay the newest.
  if (kept.length > 0) old = old.where((eb) => eb.or([eb('id', 'not in', kept), eb('created_at', '>=', createdAt)]));
  await old.execute();
  await tx
    .insertInto('passwords')
    .values({
      id: password.id,
      user_id: userId,
      hash: password.hash,
      created_at: createdAt,
      expires_at: password.expiresAt,
      self_service: Number(password.selfService),
    })
    .execute();
}

/** Another hash of the same password; nothing happens when it is not the one any more. */
export async function replaceHash(q: Q, { id, hash }: Password, newHash: string): Promise<void> {
  await q.updateTable('passwords').set({ hash: newHash }).where('id', '=', id).where('hash', '=', hash).execute();
}

export async function deletePasswords(tx: Q, userId: string): Promise<void> {
  await tx.deleteFrom('passwords').where('user_id', '=', userId).execute();
}

function fromRow(row: PasswordRow): Password {
  return {
    id: row.id,
    userId: row.user_id,
    hash: row.hash,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    selfService: row.self_service === 1,
  };
}
