import { readFile, rename, stat, statfs, writeFile } from 'node:fs/promises';
import { cpus, hostname, machine, totalmem } from 'node:os';
import { join } from 'node:path';
import { DriverError } from '@kumo/core/errors';
import { run } from '@kumo/core/exec';
import type { CpuInfo, Inventory } from '../driver.ts';
import type { GuestIds } from './guest-ids.ts';
import { isMissing } from './instance-files.ts';
import { type ProbeResult, probeKvm } from './kvm-probe.ts';

export type AccelerationSetting = 'auto' | 'kvm' | 'tcg';

export interface HostFacts {
  qemuVersion: string;
  kvm: ProbeResult;
}

interface KeptFacts extends HostFacts {
  /** What the facts hold for: this boot, kernel, QEMU and user. */
  key: string;
}

/**
 * QEMU's version and whether KVM works here. Probing starts processes, so the answer is kept in `<stateDir>/kvm-probe.json`
 * until the host is booted again, or has another kernel, QEMU or guest user.
 * @throws DriverError when there is no QEMU, or KVM is demanded and does not work.
 */
export async function hostFacts(options: {
  stateDir: string;
  qemu: string;
  ids: GuestIds | undefined;
  acceleration: AccelerationSetting;
}): Promise<HostFacts> {
  const { qemu, ids, acceleration } = options;
  const file = join(options.stateDir, 'kvm-probe.json');
  const key = await factsKey(qemu, ids, acceleration);
  const kept = await readKept(file);
  if (kept?.key === key) return kept;

  const qemuVersion = await readVersion(qemu);
  const kvm =
    acceleration === 'tcg' ? { works: false, reason: 'TCG is set in the configuration' } : await probe(qemu, ids);
  if (acceleration === 'kvm' && !kvm.works)
    throw new DriverError(`KVM is demanded by the configuration but does not work here: ${kvm.reason}`);
  const facts: KeptFacts = { key, qemuVersion, kvm };
  await writeFile(`${file}.new`, JSON.stringify(facts, null, 1), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return facts;
}

/** `7.2.22` → 7002022, as libvirt counts. */
export function versionNumber(version: string): number {
  const [major = 0, minor = 0, micro = 0] = version.split('.').map(Number);
  return major * 1_000_000 + minor * 1_000 + micro;
}

export async function hostInventory(stateDir: string, facts: HostFacts, running: number): Promise<Inventory> {
  const disk = await statfs(stateDir);
  return {
    vcpus: cpus().length,
    memoryMb: Math.floor(totalmem() / (1 << 20)),
    diskGb: Math.floor((disk.blocks * disk.bsize) / 2 ** 30),
    hypervisorType: 'QEMU',
    hypervisorVersion: versionNumber(facts.qemuVersion),
    hostname: hostname(),
    cpuInfo: await cpuInfo(),
    running,
  };
}

async function cpuInfo(): Promise<CpuInfo> {
  const text = await readFile('/proc/cpuinfo', 'utf8');
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
  const sockets = new Set(text.match(/^physical id\s*:.*$/gm) ?? ['0']).size;
  const cores = Number(field('cpu cores')) || 1;
  const threads = Math.max(1, Math.round(cpus().length / (sockets * cores)));
  return {
    arch: machine(),
    vendor: field('vendor_id'),
    model: field('model name'),
    features: field('flags').split(' ').filter(Boolean),
    topology: { cells: 1, sockets, cores, threads },
  };
}

async function probe(qemu: string, ids: GuestIds | undefined): Promise<ProbeResult> {
  try {
    await stat('/dev/kvm');
  } catch (error) {
    if (isMissing(error)) return { works: false, reason: 'this host has no /dev/kvm' };
    throw error;
  }
  return ids ? ids.once('kvm-probe', (own) => probeKvm(qemu, own)) : probeKvm(qemu, undefined);
}

async function factsKey(qemu: string, ids: GuestIds | undefined, acceleration: AccelerationSetting): Promise<string> {
  const [bootId, kernel] = await Promise.all(
    ['boot_id', '../osrelease'].map((name) => readFile(`/proc/sys/kernel/random/${name}`, 'utf8')),
  );
  const program = await stat(qemu).catch((error: unknown) => {
    if (isMissing(error)) throw new DriverError(`there is no ${qemu}: install the package qemu-system-x86`);
    throw error;
  });
  return [bootId?.trim(), kernel?.trim(), qemu, program.size, program.mtimeMs, ids ? 'own' : 'self', acceleration].join(
    ' ',
  );
}

async function readVersion(qemu: string): Promise<string> {
  const { stdout } = await run(qemu, ['--version'], { from: 'nova-compute' });
  const version = /version (\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1];
  if (!version) throw new DriverError(`${qemu} does not tell its version: ${stdout.slice(0, 100)}`);
  return version;
}

async function readKept(file: string): Promise<KeptFacts | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as KeptFacts;
  } catch (error) {
    // A file cut short by a power failure is no answer, but no reason to fail either: the probe is run again.
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
