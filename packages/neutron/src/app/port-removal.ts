import type { PortRow } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { floatingIps, portRows } from '../db/tables.ts';
import type { NeutronDeps } from './deps.ts';

/**
 * Removes ports with their addresses, and takes floating IPs off them, in the caller's transaction.
 * @returns ids of the routers whose floating IPs changed.
 */
export async function removePortRows(
  tx: Tx,
  deps: Pick<NeutronDeps, 'quota'>,
  ports: readonly PortRow[],
): Promise<string[]> {
  const routerIds: string[] = [];
  for (const port of ports) {
    for (const floating of await floatingIps.where(tx, 'portId', [port.id])) {
      if (floating.routerId) routerIds.push(floating.routerId);
      await floatingIps.update(tx, floating.id, { portId: null, fixedIpAddress: null, routerId: null, status: 'DOWN' });
    }
    await tx.deleteFrom('ip_allocations').where('port_id', '=', port.id).execute();
    await tx.deleteFrom('port_security_groups').where('port_id', '=', port.id).execute();
    await portRows.remove(tx, port.id);
    if (port.projectId !== '') await deps.quota.refund(tx, port.projectId, { port: 1 });
  }
  return routerIds;
}
