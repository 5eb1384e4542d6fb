import { openDatabase } from '@kumo/core/db';
import type { Logger } from '@kumo/core/log';
import { quotaMigration } from '@kumo/core/quota';
import { initial } from './migrations/0001-initial.ts';
import type { NeutronTables } from './schema.ts';
import type { NeutronDb } from './table.ts';

/** Opens Neutron's own database; neutron-server alone does. */
export function openNeutron(options: { url: string; log: Logger }): Promise<NeutronDb> {
  return openDatabase<NeutronTables>({
    ...options,
    service: 'neutron',
    from: 'neutron-server',
    migrations: [initial, quotaMigration],
  });
}
