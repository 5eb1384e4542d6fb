import { readFile } from 'node:fs/promises';
import type { QmpClient } from '@kumo/core/qmp';
import type { Diagnostics, GuestNic, GuestState, NicDiagnostics } from '../driver.ts';
import { type GuestProcess, residentMb, threadTimeNs, uptimeS } from './guest-process.ts';
import { isMissing, type StoredInstance } from './instance-files.ts';

interface BlockStats {
  stats: Record<
    'rd_bytes' | 'rd_operations' | 'wr_bytes' | 'wr_operations' | 'failed_rd_operations' | 'failed_wr_operations',
    number
  >;
  'node-name'?: string;
  qdev?: string;
}

/** Asks QEMU for vCPUs and disks, /proc for time and memory, and the host's taps for the network. */
export async function readDiagnostics(context: {
  client: QmpClient;
  guest: GuestProcess;
  stored: StoredInstance;
  state: GuestState;
}): Promise<Diagnostics> {
  const { client, guest, stored, state } = context;
  const [cpus, blocks] = await Promise.all([
    client.execute<{ 'cpu-index': number; 'thread-id': number }[]>('query-cpus-fast'),
    client.execute<BlockStats[]>('query-blockstats'),
  ]);
  return {
    state,
    driver: 'qemu',
    hypervisor: 'qemu',
    hypervisorOs: 'linux',
    uptimeS: await uptimeS(guest),
    configDrive: stored.hasConfigDrive,
    cpus: await Promise.all(
      cpus.map(async (cpu) => ({ id: cpu['cpu-index'], timeNs: await threadTimeNs(guest.pid, cpu['thread-id']) })),
    ),
    disks: blocks.filter((block) => block['node-name'] !== 'config-drive').map(diskDiagnostics),
    nics: await Promise.all(stored.spec.nics.map(nicDiagnostics)),
    memory: { maximumMb: stored.spec.memoryMb, usedMb: await residentMb(guest.pid) },
  };
}

function diskDiagnostics({ stats }: BlockStats): Diagnostics['disks'][number] {
  return {
    readBytes: stats.rd_bytes,
    readRequests: stats.rd_operations,
    writeBytes: stats.wr_bytes,
    writeRequests: stats.wr_operations,
    errorsCount: stats.failed_rd_operations + stats.failed_wr_operations,
  };
}

/** What the guest receives, the host sends into the tap. */
async function nicDiagnostics(nic: GuestNic): Promise<NicDiagnostics> {
  const count = (name: string) => tapCounter(nic.tap, name);
  const [rxOctets, rxPackets, rxErrors, rxDrop] = await Promise.all(
    ['tx_bytes', 'tx_packets', 'tx_errors', 'tx_dropped'].map(count),
  );
  const [txOctets, txPackets, txErrors, txDrop] = await Promise.all(
    ['rx_bytes', 'rx_packets', 'rx_errors', 'rx_dropped'].map(count),
  );
  return {
    macAddress: nic.mac,
    ...{ rxOctets: rxOctets ?? 0, rxPackets: rxPackets ?? 0, rxErrors: rxErrors ?? 0, rxDrop: rxDrop ?? 0 },
    ...{ txOctets: txOctets ?? 0, txPackets: txPackets ?? 0, txErrors: txErrors ?? 0, txDrop: txDrop ?? 0 },
  };
}

async function tapCounter(tap: string, name: string): Promise<number> {
  try {
    return Number(await readFile(`/sys/class/net/${tap}/statistics/${name}`, 'utf8'));
  } catch (error) {
    // An interface that was taken away under the guest has counted nothing that could still be told.
    if (isMissing(error)) return 0;
    throw error;
  }
}
