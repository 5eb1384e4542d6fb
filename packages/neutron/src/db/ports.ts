import { addressesOf } from './ip-allocations.ts';
import type { Port, PortRow } from './records.ts';
import type { Query, Tx } from './table.ts';
import { portRows } from './tables.ts';

/** Rows with their addresses and security groups. */
export async function withDetails(q: Query, rows: readonly PortRow[]): Promise<Port[]> {
  const ids = rows.map((row) => row.id);
  const addresses = await addressesOf(q, ids);
  const groups = await groupsOf(q, ids);
  return rows.map((row) => ({
    ...row,
    fixedIps: addresses.get(row.id) ?? [],
    securityGroups: groups.get(row.id) ?? [],
  }));
}

export async function findPort(q: Query, id: string): Promise<Port | undefined> {
  const row = await portRows.find(q, id);
  return row && (await withDetails(q, [row]))[0];
}

export async function portsWhere(
  q: Query,
  property: keyof PortRow & string,
  values: readonly string[],
): Promise<Port[]> {
  return withDetails(q, await portRows.where(q, property, values));
}

export async function setSecurityGroups(tx: Tx, portId: string, groupIds: readonly string[]): Promise<void> {
  await tx.deleteFrom('port_security_groups').where('port_id', '=', portId).execute();
  await addSecurityGroups(tx, portId, groupIds);
}

export async function addSecurityGroups(tx: Tx, portId: string, groupIds: readonly string[]): Promise<void> {
  if (groupIds.length === 0) return;
  await tx
    .insertInto('port_security_groups')
    .values(groupIds.map((security_group_id) => ({ port_id: portId, security_group_id })))
    .execute();
}

async function groupsOf(q: Query, portIds: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (portIds.length === 0) return found;
  const rows = await q
    .selectFrom('port_security_groups')
    .selectAll()
    .where('port_id', 'in', portIds)
    .orderBy('port_id')
    .orderBy('security_group_id')
    .execute();
  for (const row of rows) found.set(row.port_id, [...(found.get(row.port_id) ?? []), row.security_group_id]);
  return found;
}
