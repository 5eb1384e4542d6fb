import { type Db, toIso } from '../db/index.ts';
import type { Logger } from '../log/index.ts';
import { type Reconciler, reconciler } from '../reconcile/index.ts';
import type { FlowTables } from './tables.ts';

const ENDED = ['done', 'failed'] as const;
/** Rows per transaction: it locks them, and runners of the same database wait. */
const BATCH = 200;
/** Who asks what became of something (Cinder, of data that it finds) asks within days. */
const KEEP_MS = 7 * 24 * 3_600_000;
const PURGE_EVERY_MS = 3_600_000;

/**
 * Removes flows, with their steps, that ended longer ago. Unfinished ones stay, however old. Several daemons may do it
 * at once.
 *
 * @returns how many flows were removed
 */
export async function purgeFlows<Schema extends FlowTables>(
  db: Db<Schema>,
  olderThanMs: number,
  options: { batch?: number; signal?: AbortSignal } = {},
): Promise<number> {
  const { batch = BATCH, signal } = options;
  const before = toIso(Date.now() - olderThanMs);
  let removed = 0;
  while (!signal?.aborted) {
    // Kysely's types are invariant: a schema with more tables is safe here, but no subtype.
    const count = await purgeBatch(db as unknown as Db<FlowTables>, before, batch);
    removed += count;
    if (count < batch) break;
  }
  return removed;
}

/** For the housekeeping of a service with flows: once an hour, all that ended more than seven days ago goes. */
export function flowPurge<Schema extends FlowTables>(db: Db<Schema>, log: Logger): Reconciler {
  return reconciler({
    name: 'ended-flows',
    intervalMs: PURGE_EVERY_MS,
    keys: async () => ['flows'],
    reconcile: async (_, signal) => {
      const removed = await purgeFlows(db, KEEP_MS, { signal });
      if (removed > 0) log.info({ removed }, 'removed flows that ended more than seven days ago');
    },
    log,
  });
}

function purgeBatch(db: Db<FlowTables>, before: string, limit: number): Promise<number> {
  return db.transaction(async (tx) => {
    const rows = await tx
      .selectFrom('flows')
      .select('id')
      .where('state', 'in', ENDED)
      // No flow ends before it is made: this is the condition that the index knows.
      .where('created_at', '<', before)
      .where('updated_at', '<', before)
      .orderBy('id')
      .limit(limit)
      .execute();
    if (rows.length === 0) return 0;
    const ids = rows.map(({ id }) => id);
    await tx.deleteFrom('flow_steps').where('flow_id', 'in', ids).execute();
    await tx.deleteFrom('flows').where('id', 'in', ids).execute();
    return rows.length;
  });
}
