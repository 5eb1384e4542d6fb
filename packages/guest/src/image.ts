import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeBootPartition, makeRootPartition, type Syslinux, writeDisk } from './disk.ts';
import { repackKernel } from './kernel.ts';
import { download, findKernel, unpack, withLibraries } from './packages.ts';
import { makeTree } from './tree.ts';

const mib = 1024 * 1024;
/** The smallest flavor's memory, and what must stay free of the kernel in it for the initramfs and the first processes. */
const smallestGuest = 64 * mib;
const headroom = 2 * mib;

const kernelArguments = [
  'console=tty0',
  'console=ttyS0,115200',
  'quiet',
  // The rest saves boot time under emulation.
  'nokaslr',
  'mitigations=off',
  'tsc=reliable',
  'no_timer_check',
  'random.trust_cpu=on',
  'cryptomgr.notests',
  'apparmor=0',
  'audit=0',
  'init_on_alloc=0',
  'noreplace-smp',
  'nowatchdog',
  // The rest saves memory, of which a guest of 64 MB has some 18 MB beside the kernel.
  'cgroup_disable=memory',
  'transparent_hugepage=never',
  // tracefs makes an inode for every trace event: 8 MB.
  'initcall_blacklist=tracer_init_tracefs,slab_sysfs_init',
];

export interface BuildOptions {
  output: string;
  /** Downloaded packages stay here and are used again. */
  cache: string;
  log: (line: string) => void;
}

/** Builds the test guest's disk image. Needs the host packages in packages.txt, apt's package lists, and no root. */
export async function buildImage({ output, cache, log }: BuildOptions): Promise<{ bytes: number }> {
  const debs = resolve(cache, 'debs');
  const work = await mkdtemp(join(tmpdir(), 'kumo-guest-'));
  try {
    const kernel = await findKernel();
    log(`kernel ${kernel.version}`);
    const programs = await withLibraries(['busybox', 'dropbear-bin', 'openssh-sftp-server', 'e2fsprogs']);
    const tools = ['busybox-static', 'syslinux', 'syslinux-common'];
    const fetch = (names: string[]) => download(names, debs, log);
    await unpack(await fetch(programs), join(work, 'programs'));
    await unpack(await fetch(tools), join(work, 'tools'));
    await unpack(await fetch(kernel.packages), join(work, 'kernel'));
    log('packages unpacked');

    const { image, memoryEnd } = await repackKernel(
      await readFile(join(work, `kernel/boot/vmlinuz-${kernel.version}`)),
    );
    if (memoryEnd + headroom > smallestGuest) {
      log(`warning: this kernel needs ${Math.ceil(memoryEnd / mib)} MB to start; a flavor of 64 MB will not boot it`);
    }
    log(`kernel repacked: ${Math.ceil(image.length / mib)} MB`);

    const tree = join(work, 'root');
    const modules = join(work, 'kernel/lib/modules', kernel.version);
    const { paths, owners, initramfs } = await makeTree(tree, {
      packages: join(work, 'programs'),
      tools: join(work, 'tools'),
      modules,
      kernelVersion: kernel.version,
    });
    log(`root tree: ${paths.length} files; initramfs: ${Math.ceil(initramfs.length / 1024)} KB`);

    const syslinux = syslinuxIn(join(work, 'tools'));
    const boot = join(work, 'boot.fat');
    const root = join(work, 'root.ext4');
    await makeBootPartition(boot, await bootFiles(image, initramfs, syslinux), syslinux, work);
    await makeRootPartition(root, tree, paths, owners);
    log('partitions made');
    await mkdir(dirname(resolve(output)), { recursive: true });
    const bytes = await writeDisk(resolve(output), boot, root, syslinux, work);
    log(`${output}: ${(bytes / mib).toFixed(1)} MB`);
    return { bytes };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function bootFiles(kernel: Buffer, initramfs: Buffer, syslinux: Syslinux) {
  const config = `DEFAULT kumo\nPROMPT 0\nLABEL kumo\n  LINUX vmlinuz\n  INITRD initrd\n  APPEND ${kernelArguments.join(' ')}\n`;
  return [
    { name: 'syslinux.cfg', data: config },
    { name: 'ldlinux.c32', data: await readFile(join(syslinux.modules, 'ldlinux.c32')) },
    { name: 'initrd', data: initramfs },
    { name: 'vmlinuz', data: kernel },
  ];
}

function syslinuxIn(tools: string): Syslinux {
  const lib = join(tools, 'usr/lib/syslinux');
  return {
    program: join(tools, 'usr/bin/syslinux'),
    mbr: join(lib, 'mbr/mbr.bin'),
    modules: join(lib, 'modules/bios'),
  };
}
