import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandAs, type Ids } from '@kumo/core/confine';
import { withSpan } from '@kumo/core/trace';
import { kvmGroup } from './kvm-group.ts';

/** The code that QEMU's isa-debug-exit ends with when the guest writes 0x2a to it. */
const PASSED = (0x2a << 1) | 1;
const DISK_BYTES = 1 << 20;

/**
 * A boot sector that goes the way every kernel goes: real mode → page tables → long mode, there uses the stack, `swapgs` and
 * `cpuid`, and writes 0x2a to port 0x501. Hosts where KVM emulates real mode but cannot run a 64-bit kernel (some
 * nested ones) pass a BIOS and hang right at the jump.
 *
 *   cli; cld; ds=es=ss=0; sp=0x7000; clear 0x1000–0x3fff; PML4@0x1000 → PDPT@0x2000 → PD@0x3000 (2 MiB, identity);
 *   lgdt; cr4=PAE; cr3=0x1000; EFER|=LME; cr0=PE|ET|PG; ljmp 8:long
 *   long: ds=ss=0; esp=0x7000; push 0x2a; swapgs; swapgs; eax=1; cpuid; pop rax; dx=0x501; out dx,al; hlt
 */
const BOOT_CODE = Buffer.from(
  [
    'fafc31c08ed88ec08ed0bc0070bf0010b90018f3abc70600100320c70600200330c706003083000f0116907c66b820000000',
    '0f22e066b8001000000f22d866b9800000c00f320d00010f3066b8110000800f22c0ea597c080031c08ed88ed0bc00700000',
    '6a2a0f01f80f01f8b8010000000fa25866ba0105eef4ebfd0f1f4000000000000000000000000000009a20000f00807c0000',
  ].join(''),
  'hex',
);

export interface ProbeResult {
  works: boolean;
  /** For a person: why KVM is or is not used. */
  reason: string;
}

/** Boots a sector that needs a 64-bit CPU, as the guests' user, and looks whether it ran; at most `timeoutMs` long. */
export async function probeKvm(qemu: string, ids: Ids | undefined, timeoutMs = 3_000): Promise<ProbeResult> {
  return probe(qemu, ids, ['-accel', 'kvm', '-cpu', 'host'], timeoutMs);
}

/** The same under TCG: shows that the probe itself is sound. */
export async function probeTcg(qemu: string, ids: Ids | undefined, timeoutMs = 10_000): Promise<ProbeResult> {
  return probe(qemu, ids, ['-accel', 'tcg', '-cpu', 'max'], timeoutMs);
}

async function probe(qemu: string, ids: Ids | undefined, accel: string[], timeoutMs: number): Promise<ProbeResult> {
  const directory = await mkdtemp(join(tmpdir(), 'kumo-probe-'));
  try {
    const disk = join(directory, 'disk');
    // SeaBIOS does not boot from a virtio disk as small as one sector.
    const sector = Buffer.alloc(DISK_BYTES);
    BOOT_CODE.copy(sector);
    sector.writeUInt16LE(0xaa55, 510);
    await writeFile(disk, sector);
    await chmod(directory, 0o755);
    const groups = accel.includes('kvm') ? await kvmGroup() : [];
    const [program, args] = commandAs(ids, qemu, probeArguments(accel, disk), { groups });
    const crossing = { kind: 'native', from: 'nova-compute', to: 'hypervisor' } as const;
    return await withSpan('hypervisor.probe', crossing, () => outcome(program, args, timeoutMs));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function probeArguments(accel: string[], disk: string): string[] {
  const node = {
    driver: 'raw',
    'node-name': 'd',
    'read-only': true,
    file: { driver: 'file', filename: disk, 'read-only': true },
  };
  return [
    ...[...accel, '-machine', 'pc', '-m', '16', '-no-user-config', '-nodefaults', '-display', 'none', '-no-reboot'],
    ...[
      '-device',
      'isa-debug-exit,iobase=0x501,iosize=2',
      '-blockdev',
      JSON.stringify(node),
      '-device',
      'virtio-blk-pci,drive=d',
    ],
  ];
}

function outcome(program: string, args: string[], timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, _stdout, stderr) => {
      if (error?.code === PASSED) return resolve({ works: true, reason: 'a probe guest reached 64-bit mode' });
      if (error?.killed)
        return resolve({ works: false, reason: `a probe guest did not reach 64-bit mode within ${timeoutMs} ms` });
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 300);
      resolve({
        works: false,
        reason: said || `the probe guest ended with ${error?.signal ?? `exit code ${error?.code ?? 0}`}`,
      });
    });
  });
}
