import { type Db, forUpdate } from '@kumo/core/db';
import type { Queries, Tx } from './images.ts';
import type { GlanceTables } from './schema.ts';

/** What the data of a project's images takes, in bytes. */
export async function storedBytes(q: Queries, owner: string): Promise<number> {
  const { sum } = await q
    .selectFrom('images')
    .select((eb) => eb.fn.sum<number | null>('size').as('sum'))
    .where('owner', '=', owner)
    .where('location', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(sum ?? 0);
}

/** The same with the project's images locked until the transaction ends: of two uploads that end at once, one waits for the other. */
export async function lockStoredBytes(tx: Tx, db: Db<GlanceTables>, owner: string): Promise<number> {
  const query = tx.selectFrom('images').select(['size', 'location']).where('owner', '=', owner).orderBy('id');
  const rows = await forUpdate(query, db).execute();
  return rows.reduce((sum, { size, location }) => sum + (location === null ? 0 : Number(size ?? 0)), 0);
}
