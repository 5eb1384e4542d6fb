import { insertIgnore } from '@kumo/core/db';
import type { FixedIp } from './records.ts';
import type { Query, Tx } from './table.ts';

export interface NewAllocation {
  subnetId: string;
  ipKey: string;
  ipAddress: string;
  networkId: string;
  portId: string;
}

/** Takes the address; false when somebody has it. Two transactions never both get it: it is the table's key. */
export async function takeAddress(
  tx: Tx,
  { subnetId, ipKey, ipAddress, networkId, portId }: NewAllocation,
): Promise<boolean> {
  const row = { subnet_id: subnetId, ip_key: ipKey, ip_address: ipAddress, network_id: networkId, port_id: portId };
  return (await insertIgnore(tx, 'ip_allocations', [row])) === 1;
}

/** Keys of the addresses that are taken between the two, both included. */
export async function takenKeys(
  q: Query,
  subnetId: string,
  range: { first: string; last: string },
): Promise<Set<string>> {
  const rows = await q
    .selectFrom('ip_allocations')
    .select('ip_key')
    .where('subnet_id', '=', subnetId)
    .where('ip_key', '>=', range.first)
    .where('ip_key', '<=', range.last)
    .execute();
  return new Set(rows.map((row) => row.ip_key));
}

export async function releaseAddress(tx: Tx, portId: string, ip: FixedIp): Promise<void> {
  await tx
    .deleteFrom('ip_allocations')
    .where('port_id', '=', portId)
    .where('subnet_id', '=', ip.subnetId)
    .where('ip_address', '=', ip.ipAddress)
    .execute();
}

/** Who has the address in the subnet. */
export async function portOfAddress(q: Query, subnetId: string, ipAddress: string): Promise<string | undefined> {
  const row = await q
    .selectFrom('ip_allocations')
    .select('port_id')
    .where('subnet_id', '=', subnetId)
    .where('ip_address', '=', ipAddress)
    .executeTakeFirst();
  return row?.port_id;
}

export async function addressesOf(q: Query, portIds: readonly string[]): Promise<Map<string, FixedIp[]>> {
  const found = new Map<string, FixedIp[]>();
  if (portIds.length === 0) return found;
  const rows = await q
    .selectFrom('ip_allocations')
    .select(['port_id', 'subnet_id', 'ip_address', 'ip_key'])
    .where('port_id', 'in', portIds)
    .orderBy('port_id')
    .orderBy('ip_key')
    .execute();
  for (const row of rows.sort((a, b) => a.ip_key.length - b.ip_key.length)) {
    const list = found.get(row.port_id) ?? [];
    list.push({ subnetId: row.subnet_id, ipAddress: row.ip_address });
    found.set(row.port_id, list);
  }
  return found;
}

/** How many addresses each subnet has given out. */
export async function usedBySubnet(q: Query, subnetIds: readonly string[]): Promise<Map<string, number>> {
  if (subnetIds.length === 0) return new Map();
  const rows = await q
    .selectFrom('ip_allocations')
    .select(['subnet_id', (eb) => eb.fn.countAll().as('used')])
    .where('subnet_id', 'in', subnetIds)
    .groupBy('subnet_id')
    .execute();
  return new Map(rows.map((row) => [row.subnet_id, Number(row.used)]));
}
