import { fromIso, nowIso } from '@kumo/core/db';
import { readJson } from './json-columns.ts';
import type { ComputeNodeRow, ServiceRow } from './schema.ts';
import type { Queries } from './servers.ts';

/** What nova-api reads and sets of daemons and hosts; they report themselves through nova-conductor. */
export interface NovaService {
  id: string;
  host: string;
  binary: string;
  lastSeenUp: string | null;
  disabled: boolean;
  disabledReason: string | null;
  forcedDown: boolean;
  updatedAt: string;
}

const serviceOf = (row: ServiceRow): NovaService => ({
  id: row.id,
  host: row.host,
  binary: row.binary_name,
  lastSeenUp: row.last_seen_up,
  disabled: row.disabled !== 0,
  disabledReason: row.disabled_reason,
  forcedDown: row.forced_down !== 0,
  updatedAt: row.updated_at,
});

/** Whether a service reported within the last `downSeconds`, and nobody forced it down. */
export function isUp(service: NovaService, downSeconds: number): boolean {
  if (service.forcedDown || service.lastSeenUp === null) return false;
  return Date.now() - fromIso(service.lastSeenUp) <= downSeconds * 1000;
}

export async function listServices(q: Queries, by: { host?: string; binary?: string } = {}): Promise<NovaService[]> {
  let query = q.selectFrom('services').selectAll().orderBy('host').orderBy('binary_name');
  if (by.host !== undefined) query = query.where('host', '=', by.host);
  if (by.binary !== undefined) query = query.where('binary_name', '=', by.binary);
  return (await query.execute()).map(serviceOf);
}

export async function findService(q: Queries, id: string): Promise<NovaService | undefined> {
  const row = await q.selectFrom('services').selectAll().where('id', '=', id).executeTakeFirst();
  return row && serviceOf(row);
}

export async function updateService(
  q: Queries,
  id: string,
  changes: { disabled?: boolean; disabledReason?: string | null; forcedDown?: boolean },
): Promise<void> {
  await q
    .updateTable('services')
    .set({
      ...(changes.disabled === undefined ? {} : { disabled: Number(changes.disabled) }),
      ...(changes.disabledReason === undefined ? {} : { disabled_reason: changes.disabledReason }),
      ...(changes.forcedDown === undefined ? {} : { forced_down: Number(changes.forcedDown) }),
      updated_at: nowIso(),
    })
    .where('id', '=', id)
    .execute();
}

export async function deleteService(tx: Queries, service: NovaService): Promise<void> {
  await tx.deleteFrom('services').where('id', '=', service.id).execute();
  if (service.binary !== 'nova-compute') return;
  await tx.deleteFrom('compute_nodes').where('host', '=', service.host).execute();
  await tx.deleteFrom('aggregate_hosts').where('host', '=', service.host).execute();
}

export interface Hypervisor {
  id: string;
  host: string;
  hostname: string;
  type: string;
  version: number;
  hostIp: string;
  vcpus: number;
  vcpusUsed: number;
  memoryMb: number;
  memoryMbUsed: number;
  localGb: number;
  localGbUsed: number;
  runningVms: number;
  cpuInfo: Record<string, unknown>;
}

const hypervisorOf = (row: ComputeNodeRow): Hypervisor => ({
  id: row.id,
  host: row.host,
  hostname: row.hypervisor_hostname,
  type: row.hypervisor_type,
  version: row.hypervisor_version,
  hostIp: row.host_ip,
  vcpus: row.vcpus,
  vcpusUsed: row.vcpus_used,
  memoryMb: row.memory_mb,
  memoryMbUsed: row.memory_mb_used,
  localGb: row.local_gb,
  localGbUsed: row.local_gb_used,
  runningVms: row.running_vms,
  cpuInfo: readJson<Record<string, unknown>>(row.cpu_info) ?? {},
});

/** By id; there are as many as hosts. */
export async function listHypervisors(q: Queries): Promise<Hypervisor[]> {
  return (await q.selectFrom('compute_nodes').selectAll().orderBy('id').execute()).map(hypervisorOf);
}

/** What servers are on hosts: their ids, names and what they use. */
export async function placedServers(q: Queries, hosts?: readonly string[]) {
  let query = q
    .selectFrom('servers')
    .select(['id', 'name', 'host', 'flavor', 'vm_state', 'task_state'])
    .where('deleted', '=', 0)
    .where('host', 'is not', null)
    .orderBy('created_at');
  if (hosts) query = query.where('host', 'in', [...hosts, '']);
  return query.execute();
}
