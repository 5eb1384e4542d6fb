import type { DaemonEnv } from '@kumo/core/daemon';
import { type Db, openDatabase } from '@kumo/core/db';
import { migrations } from './migrations/index.ts';
import type { KeystoneTables } from './schema.ts';

/** Keystone's database, for its daemon. */
export function openKeystoneDatabase(env: DaemonEnv, from: string): Promise<Db<KeystoneTables>> {
  return openDatabase<KeystoneTables>({
    url: env.databaseUrl('keystone'),
    service: 'keystone',
    from,
    migrations,
    log: env.log,
  });
}
