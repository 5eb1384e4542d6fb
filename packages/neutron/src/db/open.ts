import type { DaemonEnv } from '@kumo/core/daemon';
import { openDatabase } from '@kumo/core/db';
import { migrations } from './migrations/index.ts';
import type { NeutronTables } from './schema.ts';
import type { NeutronDb } from './table.ts';

/** Neutron's database; neutron-server alone opens it. */
export function openNeutronDatabase(env: DaemonEnv, from: string): Promise<NeutronDb> {
  return openDatabase<NeutronTables>({
    url: env.databaseUrl('neutron'),
    service: 'neutron',
    from,
    migrations,
    log: env.log,
  });
}
