import type { InstanceActionEventRow, InstanceActionRow } from '../../app/instance-actions.ts';
import type { ServerConsole } from '../../app/server-console.ts';
import { hostIdOf } from './server-view.ts';

export function actionView(row: InstanceActionRow) {
  return {
    action: row.action,
    instance_uuid: row.server_id,
    request_id: row.request_id,
    user_id: row.user_id,
    project_id: row.project_id,
    start_time: row.start_time,
    message: row.message,
    updated_at: row.updated_at,
  };
}

export function eventView(
  row: InstanceActionEventRow,
  reader: { projectId: string; isAdmin: boolean; seesDetails: boolean },
) {
  return {
    event: row.event,
    start_time: row.start_time,
    finish_time: row.finish_time,
    result: row.result,
    hostId: hostIdOf(reader.projectId, row.host),
    ...(reader.isAdmin ? { traceback: row.traceback, host: row.host } : {}),
    ...(reader.seesDetails ? { details: row.details } : {}),
  };
}

type Diagnostics = Awaited<ReturnType<ServerConsole['diagnostics']>>;

/** From 2.48 on one format for all drivers; before, what libvirt's driver gave. */
export function diagnosticsView(found: Diagnostics, { standard }: { standard: boolean }): Record<string, unknown> {
  return standard ? standardDiagnostics(found) : oldDiagnostics(found);
}

function standardDiagnostics(found: Diagnostics): Record<string, unknown> {
  return {
    state: found.state,
    driver: 'libvirt',
    hypervisor: found.hypervisor,
    hypervisor_os: found.hypervisorOs,
    uptime: Math.round(found.uptimeS),
    config_drive: found.configDrive,
    num_cpus: found.cpus.length,
    num_nics: found.nics.length,
    num_disks: found.disks.length,
    memory_details: { maximum: found.memory.maximumMb, used: found.memory.usedMb },
    cpu_details: found.cpus.map(({ id, timeNs }) => ({ id, time: timeNs, utilisation: null })),
    disk_details: found.disks.map((disk) => ({
      read_bytes: disk.readBytes,
      read_requests: disk.readRequests,
      write_bytes: disk.writeBytes,
      write_requests: disk.writeRequests,
      errors_count: disk.errorsCount,
    })),
    nic_details: found.nics.map((nic) => ({
      mac_address: nic.macAddress,
      rx_octets: nic.rxOctets,
      rx_packets: nic.rxPackets,
      rx_errors: nic.rxErrors,
      rx_drop: nic.rxDrop,
      rx_rate: null,
      tx_octets: nic.txOctets,
      tx_packets: nic.txPackets,
      tx_errors: nic.txErrors,
      tx_drop: nic.txDrop,
      tx_rate: null,
    })),
  };
}

function oldDiagnostics(found: Diagnostics): Record<string, unknown> {
  const view: Record<string, unknown> = { memory: found.memory.maximumMb * 1024 };
  for (const { id, timeNs } of found.cpus) view[`cpu${id}_time`] = timeNs;
  found.disks.forEach((disk, index) => {
    const name = `vd${String.fromCharCode(97 + index)}`;
    view[`${name}_read`] = disk.readBytes;
    view[`${name}_read_req`] = disk.readRequests;
    view[`${name}_write`] = disk.writeBytes;
    view[`${name}_write_req`] = disk.writeRequests;
    view[`${name}_errors`] = disk.errorsCount;
  });
  found.nics.forEach((nic, index) => {
    const name = `vnet${index}`;
    view[`${name}_rx`] = nic.rxOctets;
    view[`${name}_rx_packets`] = nic.rxPackets;
    view[`${name}_rx_errors`] = nic.rxErrors;
    view[`${name}_rx_drop`] = nic.rxDrop;
    view[`${name}_tx`] = nic.txOctets;
    view[`${name}_tx_packets`] = nic.txPackets;
    view[`${name}_tx_errors`] = nic.txErrors;
    view[`${name}_tx_drop`] = nic.txDrop;
  });
  return view;
}
