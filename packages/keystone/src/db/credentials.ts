import { type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { CredentialRow } from './schema-credentials.ts';

type Q = Kysely<KeystoneTables>;

/** A credential with its blob as it is encrypted. */
export interface StoredCredential {
  readonly id: string;
  readonly userId: string;
  readonly projectId: string | null;
  /** `ec2`, `totp`, `cert`, … */
  readonly type: string;
  readonly encryptedBlob: string;
  readonly keyHash: string;
  readonly extra: Record<string, unknown>;
}

/** Undefined when there is none. */
export async function findCredential(q: Q, id: string): Promise<StoredCredential | undefined> {
  const row = await q.selectFrom('credentials').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

export async function listCredentials(q: Q, options: PageOptions): Promise<Page<StoredCredential>> {
  const { rows, hasMore } = await pageQuery(q.selectFrom('credentials').selectAll(), options);
  return { rows: rows.map(fromRow), hasMore };
}

export async function countCredentials(q: Q, userId: string): Promise<number> {
  const { count } = await q
    .selectFrom('credentials')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Whether some are encrypted with another key than this one. */
export async function hasOtherKeys(q: Q, keyHash: string): Promise<boolean> {
  const beside = (op: '<' | '>') =>
    q.selectFrom('credentials').select('id').where('key_hash', op, keyHash).limit(1).executeTakeFirst();
  return (await beside('<')) !== undefined || (await beside('>')) !== undefined;
}

export async function insertCredential(tx: Q, credential: StoredCredential): Promise<void> {
  await tx.insertInto('credentials').values(toRow(credential)).execute();
}

/** Another blob in place of the one that was read; false when it is not that one any more. */
export async function replaceBlob(
  tx: Q,
  { id, encryptedBlob }: Pick<StoredCredential, 'id' | 'encryptedBlob'>,
  sealed: Pick<StoredCredential, 'encryptedBlob' | 'keyHash'>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('credentials')
    .set({ encrypted_blob: sealed.encryptedBlob, key_hash: sealed.keyHash })
    .where('id', '=', id)
    .where('encrypted_blob', '=', encryptedBlob)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

export async function deleteCredential(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('credentials').where('id', '=', id).execute();
}

/** Those of users or projects that are deleted. */
export async function deleteCredentialsOf(
  tx: Q,
  column: 'user_id' | 'project_id',
  ids: readonly string[],
): Promise<void> {
  await tx
    .deleteFrom('credentials')
    .where(column, 'in', [...ids])
    .execute();
}

function fromRow(row: CredentialRow): StoredCredential {
  return {
    id: row.id,
    userId: row.user_id,
    projectId: row.project_id,
    type: row.type,
    encryptedBlob: row.encrypted_blob,
    keyHash: row.key_hash,
    extra: JSON.parse(row.extra),
  };
}

function toRow(credential: StoredCredential): CredentialRow {
  return {
    id: credential.id,
    user_id: credential.userId,
    project_id: credential.projectId,
    type: credential.type,
    encrypted_blob: credential.encryptedBlob,
    key_hash: credential.keyHash,
    extra: JSON.stringify(credential.extra),
  };
}
