import { randomUUID } from 'node:crypto';
import { insertIgnore, nowIso } from '@kumo/core/db';
import type { ComputeNodeRow } from './schema.ts';
import type { Queries } from './servers.ts';

/** A hypervisor. */
export interface ComputeNode {
  /** Also the id of Placement's resource provider. */
  id: string;
  host: string;
  hypervisorHostname: string;
  hypervisorType: string;
  hypervisorVersion: number;
  hostIp: string;
  vcpus: number;
  memoryMb: number;
  localGb: number;
  vcpusUsed: number;
  memoryMbUsed: number;
  localGbUsed: number;
  runningVms: number;
  cpuInfo: object;
  cpuAllocationRatio: number;
  ramAllocationRatio: number;
  diskAllocationRatio: number;
  buildFailures: number;
  createdAt: string;
  updatedAt: string;
}

export type NodeReport = Omit<
  ComputeNode,
  'id' | 'host' | 'vcpusUsed' | 'memoryMbUsed' | 'localGbUsed' | 'buildFailures' | 'createdAt' | 'updatedAt'
>;
export type NodeUsage = Pick<ComputeNode, 'vcpusUsed' | 'memoryMbUsed' | 'localGbUsed'>;

function computeNodeOf(row: ComputeNodeRow): ComputeNode {
  return {
    id: row.id,
    host: row.host,
    hypervisorHostname: row.hypervisor_hostname,
    hypervisorType: row.hypervisor_type,
    hypervisorVersion: row.hypervisor_version,
    hostIp: row.host_ip,
    vcpus: row.vcpus,
    memoryMb: row.memory_mb,
    localGb: row.local_gb,
    vcpusUsed: row.vcpus_used,
    memoryMbUsed: row.memory_mb_used,
    localGbUsed: row.local_gb_used,
    runningVms: row.running_vms,
    cpuInfo: JSON.parse(row.cpu_info) as object,
    cpuAllocationRatio: row.cpu_allocation_ratio,
    ramAllocationRatio: row.ram_allocation_ratio,
    diskAllocationRatio: row.disk_allocation_ratio,
    buildFailures: row.build_failures,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** What a host says about its hypervisor and what its servers use; the first report makes the row. @returns its id. */
export async function reportNode(tx: Queries, host: string, report: NodeReport, usage: NodeUsage): Promise<string> {
  const now = nowIso();
  const columns = {
    hypervisor_type: report.hypervisorType,
    hypervisor_version: report.hypervisorVersion,
    host_ip: report.hostIp,
    vcpus: report.vcpus,
    memory_mb: report.memoryMb,
    local_gb: report.localGb,
    vcpus_used: usage.vcpusUsed,
    memory_mb_used: usage.memoryMbUsed,
    local_gb_used: usage.localGbUsed,
    running_vms: report.runningVms,
    cpu_info: JSON.stringify(report.cpuInfo),
    cpu_allocation_ratio: report.cpuAllocationRatio,
    ram_allocation_ratio: report.ramAllocationRatio,
    disk_allocation_ratio: report.diskAllocationRatio,
    updated_at: now,
  };
  const key = { host, hypervisor_hostname: report.hypervisorHostname };
  await insertIgnore(tx, 'compute_nodes', [
    { ...columns, ...key, id: randomUUID(), build_failures: 0, created_at: now },
  ]);
  const mine = tx.updateTable('compute_nodes').set(columns);
  await mine.where('host', '=', host).where('hypervisor_hostname', '=', key.hypervisor_hostname).execute();
  const { id } = await tx
    .selectFrom('compute_nodes')
    .select('id')
    .where('host', '=', host)
    .where('hypervisor_hostname', '=', key.hypervisor_hostname)
    .executeTakeFirstOrThrow();
  return id;
}

/** All of them; there are as many as hosts. */
export async function listComputeNodes(q: Queries): Promise<ComputeNode[]> {
  return (await q.selectFrom('compute_nodes').selectAll().execute()).map(computeNodeOf);
}

/** A build succeeded on the host (back to 0), or failed (one more in a row). */
export async function countBuild(tx: Queries, host: string, outcome: 'built' | 'failed'): Promise<void> {
  const update = tx.updateTable('compute_nodes').where('host', '=', host);
  if (outcome === 'failed') await update.set((eb) => ({ build_failures: eb('build_failures', '+', 1) })).execute();
  else await update.set({ build_failures: 0 }).where('build_failures', '<>', 0).execute();
}
