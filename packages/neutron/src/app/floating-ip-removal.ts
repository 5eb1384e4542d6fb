import { portsWhere } from '../db/ports.ts';
import type { FloatingIp } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { floatingIps } from '../db/tables.ts';
import type { NeutronDeps } from './deps.ts';
import { removePortRows } from './port-removal.ts';

/** Removes floating IPs with the ports that hold their addresses, in the caller's transaction. */
export async function removeFloatingIpRows(
  tx: Tx,
  deps: Pick<NeutronDeps, 'quota'>,
  rows: readonly FloatingIp[],
): Promise<void> {
  for (const row of rows) {
    await floatingIps.remove(tx, row.id);
    await removePortRows(tx, deps, await portsWhere(tx, 'id', [row.floatingPortId]));
    await deps.quota.refund(tx, row.projectId, { floatingip: 1 });
  }
}
