import type { DaemonEnv } from '@kumo/core/daemon';
import { openDatabase } from '@kumo/core/db';
import { migrations } from './migrations/index.ts';
import type { CinderDb, Schema } from './schema.ts';

/** Cinder's database, for one of its daemons. */
export function openCinderDatabase(env: DaemonEnv, from: string): Promise<CinderDb> {
  return openDatabase<Schema>({ url: env.databaseUrl('cinder'), service: 'cinder', from, migrations, log: env.log });
}
