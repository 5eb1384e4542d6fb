import type { DaemonEnv } from '@kumo/core/daemon';
import { type Db, openDatabase } from '@kumo/core/db';
import { migrations } from './migrations/index.ts';
import type { GlanceTables } from './schema.ts';

/** Glance's database, for its daemon. */
export function openGlanceDatabase(env: DaemonEnv, from: string): Promise<Db<GlanceTables>> {
  return openDatabase<GlanceTables>({
    url: env.databaseUrl('glance'),
    service: 'glance',
    from,
    migrations,
    log: env.log,
  });
}
