import type { DaemonEnv } from '@kumo/core/daemon';
import { type Db, openDatabase } from '@kumo/core/db';
import { migrations } from './migrations/index.ts';
import type { PlacementTables } from './schema.ts';

/** Placement's database, for its daemon. */
export function openPlacementDatabase(env: DaemonEnv, from: string): Promise<Db<PlacementTables>> {
  return openDatabase<PlacementTables>({
    url: env.databaseUrl('placement'),
    service: 'placement',
    from,
    migrations,
    log: env.log,
  });
}
