import type { DaemonEnv } from '@kumo/core/daemon';
import { type Db, openDatabase } from '@kumo/core/db';
import { migrations } from './migrations/index.ts';
import type { NovaTables } from './schema.ts';

/** Nova's database, for the daemons that have one: nova-api, nova-conductor, nova-scheduler, nova-metadata-api. */
export function openNovaDatabase(env: DaemonEnv, from: string): Promise<Db<NovaTables>> {
  return openDatabase<NovaTables>({ url: env.databaseUrl('nova'), service: 'nova', from, migrations, log: env.log });
}
