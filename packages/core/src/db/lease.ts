import { type RawBuilder, sql } from 'kysely';
import type { Db } from './database.ts';
import type { DialectName } from './engine.ts';
import { migration } from './migration.ts';
import { forUpdate, insertIgnore } from './portable.ts';

/** A service that uses `lease` has these in its schema, and `leaseMigration` among its migrations. */
export interface LeaseTables {
  leases: { name: string; holder: string; epoch: number; expires_at: number };
}

export const leaseMigration = migration('core-leases-1', async (schema, c) => {
  await schema
    .createTable('leases')
    .addColumn('name', c.string(), (column) => column.primaryKey().notNull())
    .addColumn('holder', c.string(), (column) => column.notNull())
    .addColumn('epoch', c.bigint(), (column) => column.notNull())
    .addColumn('expires_at', c.bigint(), (column) => column.notNull())
    .execute();
});

export interface Lease {
  readonly name: string;
  /** Grows with every change of hands: what is written under an older one can be refused. */
  readonly epoch: number;
  /** Asks this process's clock only: false once the time may be up. Check it before each piece of the work. */
  isHeld(): boolean;
  /** Extends by `ttlMs` from now. False when someone else has taken over: stop working. */
  renew(): Promise<boolean>;
  /** Lets the next one have it at once. Nothing happens when it is already someone else's. */
  release(): Promise<void>;
}

/**
 * Takes the lease `name` for `ttlMs`, if nobody holds it or its time has run out; undefined when someone else holds it.
 * The same holder gets it again (a daemon that was started anew), with a new epoch. Time is the database's.
 */
export async function lease<S extends LeaseTables>(
  anyDb: Db<S>,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<Lease | undefined> {
  const db = anyDb as unknown as Db<LeaseTables>;
  const startedAt = performance.now();
  const epoch = await db.transaction(async (tx) => {
    const now = databaseMs(db.dialect);
    const found = () =>
      forUpdate(tx.selectFrom('leases').where('name', '=', name), db)
        .select(['holder', 'epoch'])
        .select(sql<number>`expires_at > ${now}`.as('held'))
        .executeTakeFirst();
    let row = await found();
    if (!row) {
      await insertIgnore(tx, 'leases', [{ name, holder, epoch: 0, expires_at: 0 }]);
      row = (await found())!;
    }
    if (Number(row.held) === 1 && row.holder !== holder) return undefined;
    const next = row.epoch + 1;
    await tx
      .updateTable('leases')
      .set({ holder, epoch: next, expires_at: sql<number>`${now} + ${sql.lit(Math.round(ttlMs))}` })
      .where('name', '=', name)
      .execute();
    return next;
  });
  return epoch === undefined ? undefined : makeLease(db, { name, holder, epoch, ttlMs }, startedAt);
}

function makeLease(
  db: Db<LeaseTables>,
  held: { name: string; holder: string; epoch: number; ttlMs: number },
  startedAt: number,
): Lease {
  const { name, epoch, ttlMs } = held;
  let until = startedAt + ttlMs;
  const setExpiry = async (expiresAt: RawBuilder<number>): Promise<boolean> => {
    const result = await db.q
      .updateTable('leases')
      .set({ expires_at: expiresAt })
      .where('name', '=', name)
      .where('epoch', '=', epoch)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  };
  return {
    name,
    epoch,
    isHeld: () => performance.now() < until,
    async renew() {
      const askedAt = performance.now();
      const isOurs = await setExpiry(sql<number>`${databaseMs(db.dialect)} + ${sql.lit(Math.round(ttlMs))}`);
      until = isOurs ? askedAt + ttlMs : 0;
      return isOurs;
    },
    async release() {
      until = 0;
      await setExpiry(sql<number>`0`);
    },
  };
}

/** The database's clock in milliseconds, so that the clocks of several hosts do not matter; SQLite's is this machine's. */
function databaseMs(dialect: DialectName): RawBuilder<number> {
  switch (dialect) {
    case 'mysql':
      return sql<number>`cast(unix_timestamp(now(3)) * 1000 as signed)`;
    case 'postgres':
      return sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;
    case 'sqlite':
      return sql<number>`${sql.lit(Date.now())}`;
  }
}
