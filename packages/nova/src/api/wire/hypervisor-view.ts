import { type Hypervisor, numberOf } from '../../app/hosts.ts';

export interface HypervisorOptions {
  /** From 2.53 on ids are UUIDs. */
  uuid: boolean;
  servers: boolean;
}

export function hypervisorBrief(one: Hypervisor, { uuid, servers }: HypervisorOptions) {
  return {
    id: uuid ? one.id : numberOf(one.id),
    hypervisor_hostname: one.hostname,
    state: one.service?.isUp ? 'up' : 'down',
    status: one.service?.disabled ? 'disabled' : 'enabled',
    ...(servers && one.servers.length > 0 ? { servers: one.servers.map(({ id, name }) => ({ uuid: id, name })) } : {}),
  };
}

export function hypervisorDetail(one: Hypervisor, options: HypervisorOptions & { cpuInfoText: boolean }) {
  return {
    ...hypervisorBrief(one, options),
    host_ip: one.hostIp,
    hypervisor_type: one.type,
    hypervisor_version: one.version,
    service: {
      id: one.service === undefined ? '' : options.uuid ? one.service.id : numberOf(one.service.id),
      host: one.host,
      disabled_reason: one.service?.disabledReason ?? null,
    },
    cpu_info: options.cpuInfoText ? JSON.stringify(one.cpuInfo) : one.cpuInfo,
    ...usageOf(one),
    disk_available_least: one.localGb - one.localGbUsed,
    uptime: null,
  };
}

function usageOf(one: Hypervisor) {
  return {
    vcpus: one.vcpus,
    vcpus_used: one.vcpusUsed,
    memory_mb: one.memoryMb,
    memory_mb_used: one.memoryMbUsed,
    free_ram_mb: one.memoryMb - one.memoryMbUsed,
    local_gb: one.localGb,
    local_gb_used: one.localGbUsed,
    free_disk_gb: one.localGb - one.localGbUsed,
    running_vms: one.runningVms,
    current_workload: one.workload,
  };
}

/** The sums over all hypervisors. */
export function statisticsOf(all: readonly Hypervisor[]): Record<string, number> {
  const sums: Record<string, number> = {
    count: all.length,
    disk_available_least: 0,
    ...Object.fromEntries(
      [
        'vcpus',
        'vcpus_used',
        'memory_mb',
        'memory_mb_used',
        'free_ram_mb',
        'local_gb',
        'local_gb_used',
        'free_disk_gb',
        'running_vms',
        'current_workload',
      ].map((name) => [name, 0]),
    ),
  };
  for (const one of all) {
    for (const [name, value] of Object.entries(usageOf(one))) sums[name]! += value;
    sums.disk_available_least! += one.localGb - one.localGbUsed;
  }
  return sums;
}
