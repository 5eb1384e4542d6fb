import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { volumeIdBounds } from '@kumo/cinder';
import { defaultIdBounds, NetworkGuard } from '@kumo/core/confine';
import { HostAuditDriver, NetHost } from '@kumo/neutron';
import type { KumoConfig } from '../config/schema.ts';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

const END_TIMEOUT_MS = 5_000;

/** Ends what runs on this host for a cloud that is down (guests, disks' servers) and removes its networks. */
export async function removeFromHost(config: KumoConfig): Promise<void> {
  await endProcesses(processesNaming(config.stateDir));
  await removeGuards(config);
  if (config.neutron.dataplane !== 'linux' || process.getuid?.() !== 0) return;
  const runDir = config.neutron.runDir ?? `/run/kumo-${config.neutron.cloudId}`;
  await new HostAuditDriver(new NetHost({ cloudId: config.neutron.cloudId }), { runDir }).removeAll();
  // A folder that somebody chose may hold other things.
  rmSync(config.neutron.runDir ? join(runDir, 'dhcp') : runDir, { recursive: true, force: true });
}

async function removeGuards({ nova, cinder, stateDir }: KumoConfig): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const from = 'kumo';
  if (nova.compute.driver === 'qemu')
    await NetworkGuard.remove(nova.compute.guestIds ?? defaultIdBounds(stateDir, 'guests'), { from });
  if (cinder.driver === 'file') await NetworkGuard.remove(volumeIdBounds(cinder, stateDir), { from });
}

/** Every process that Kumo leaves running has a path below the state directory among its arguments. */
export function processesNaming(stateDir: string): ProcessIdentity[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && Number(name) !== process.ppid)
    .filter((pid) => programOf(pid).startsWith('qemu') && argumentsOf(pid).includes(`${stateDir}/`))
    .flatMap((pid) => identityOf(Number(pid)) ?? []);
}

function argumentsOf(pid: string): string {
  return readProc(`/proc/${pid}/cmdline`);
}

function programOf(pid: string): string {
  return readProc(`/proc/${pid}/comm`);
}

function readProc(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process ended while we looked.
    return '';
  }
}

async function endProcesses(processes: readonly ProcessIdentity[]): Promise<void> {
  for (const one of processes) if (isAlive(one)) process.kill(one.pid, 'SIGKILL');
  const deadline = Date.now() + END_TIMEOUT_MS;
  while (processes.some(isAlive) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
}
