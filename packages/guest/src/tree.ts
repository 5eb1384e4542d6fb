/** Assembles the guest's root file system and its initramfs from unpacked packages and from the files in rootfs/ and initramfs/. */
import { chmod, copyFile, cp, mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cpio } from './cpio.ts';
import { type Module, modulesDep, pickModules } from './modules.ts';
import { run } from './run.ts';

const here = join(import.meta.dirname, '..');
/** Needed to reach the root disk. */
const bootModules = ['virtio_pci', 'virtio_blk'];
const rootModules = [
  ...bootModules,
  'virtio_net',
  'virtio_rng',
  'button',
  'evdev',
  'isofs',
  'vfat',
  'nls_cp437',
  'nls_ascii',
  'nls_utf8',
];
/** Config drives and volumes on other buses; flavours of the kernel differ in them. */
const optionalModules = [
  'virtio_scsi',
  'sd_mod',
  'sr_mod',
  'ata_piix',
  'ahci',
  'nls_iso8859_1',
  'virtio_console',
  'virtio_balloon',
];

/** From the packages' tree to the guest's. */
const programs: Record<string, string> = {
  // Not the static one: this one shares its libc, and so a guest's little memory, with the rest.
  'bin/busybox': 'bin/busybox',
  'usr/sbin/dropbear': 'usr/sbin/dropbear',
  'usr/bin/dropbearkey': 'usr/bin/dropbearkey',
  'usr/bin/dbclient': 'usr/bin/ssh',
  'usr/lib/openssh/sftp-server': 'usr/lib/sftp-server',
  'sbin/resize2fs': 'sbin/resize2fs',
  'sbin/mke2fs': 'sbin/mke2fs',
  'etc/mke2fs.conf': 'etc/mke2fs.conf',
};
const loader = 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2';
const directories = [
  'dev',
  'proc',
  'sys',
  'run',
  'tmp',
  'mnt',
  'root',
  'home/kumo',
  'var/lib/kumo',
  'var/log',
  'etc/dropbear',
  'bin',
  'sbin',
];
const modes: Record<string, number> = { tmp: 0o1777, root: 0o700, 'home/kumo': 0o700, 'etc/shadow': 0o600 };

export interface Sources {
  /** The user-space packages, unpacked. */
  packages: string;
  /** Unpacked packages that need no libraries; busybox-static is among them. */
  tools: string;
  /** The kernel's /lib/modules/<version>, unpacked. */
  modules: string;
  kernelVersion: string;
}

export interface RootTree {
  paths: string[];
  owners: Map<string, number>;
  initramfs: Buffer;
}

export async function makeTree(tree: string, sources: Sources): Promise<RootTree> {
  for (const directory of directories) await mkdir(join(tree, directory), { recursive: true });
  await linkApplets(tree, sources.packages);
  await copyPrograms(tree, sources.packages);
  await cp(join(here, 'rootfs'), tree, { recursive: true, force: true });

  const modules = await pickModules(sources.modules, rootModules, optionalModules);
  const moduleRoot = join(tree, 'lib/modules', sources.kernelVersion);
  for (const { path, data } of modules) {
    await mkdir(dirname(join(moduleRoot, path)), { recursive: true });
    await writeFile(join(moduleRoot, path), data);
  }
  await writeFile(join(moduleRoot, 'modules.dep'), modulesDep(modules));
  for (const [path, mode] of Object.entries(modes)) await chmod(join(tree, path), mode);

  const paths = await readdir(tree, { recursive: true });
  const owners = new Map(paths.filter((path) => /^home\/kumo(\/|$)/.test(path)).map((path) => [path, 1000]));
  const staticBusybox = await readFile(await find(sources.tools, 'bin/busybox'));
  const early = await pickModules(sources.modules, bootModules, []);
  return { paths, owners, initramfs: await makeInitramfs(staticBusybox, early) };
}

async function makeInitramfs(busybox: Buffer, modules: Module[]): Promise<Buffer> {
  const directory = 0o040755;
  const program = 0o100755;
  return cpio([
    ...['bin', 'dev', 'proc', 'sys', 'root', 'lib'].map((path) => ({ path, mode: directory })),
    { path: 'init', mode: program, data: await readFile(join(here, 'initramfs/init')) },
    { path: 'bin/busybox', mode: program, data: busybox },
    { path: 'bin/sh', mode: 0o120777, data: Buffer.from('busybox') },
    ...modules.map(({ name, data }, i) => ({
      path: `lib/${String(i).padStart(2, '0')}-${name}.ko`,
      mode: 0o100644,
      data,
    })),
  ]);
}

async function linkApplets(tree: string, packages: string): Promise<void> {
  const busybox = await find(packages, 'bin/busybox');
  const applets = (await runUnpacked(packages, [busybox, '--list-full'])).trim().split('\n');
  for (const applet of applets) {
    const path = applet === 'linuxrc' ? 'sbin/linuxrc' : applet;
    await mkdir(join(tree, dirname(path)), { recursive: true });
    await symlink('/bin/busybox', join(tree, path));
  }
}

/** The packages' own loader resolves within the packages, whatever the building host has installed. */
async function runUnpacked(packages: string, args: string[]): Promise<string> {
  const folders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map((folder) => join(packages, folder));
  const options = ['--inhibit-cache', '--library-path', folders.join(':')];
  return (await run(await find(packages, loader), [...options, ...args])).toString();
}

async function copyPrograms(tree: string, packages: string): Promise<void> {
  const libraries = new Set<string>();
  for (const [from, to] of Object.entries(programs)) {
    const source = await find(packages, from);
    await mkdir(dirname(join(tree, to)), { recursive: true });
    await rm(join(tree, to), { force: true }); // may be one of busybox's links
    await copyFile(source, join(tree, to));
    if (to.startsWith('etc/')) continue;
    const resolved = await runUnpacked(packages, ['--list', source]);
    if (resolved.includes('not found')) throw new Error(`${from} lacks a library: ${resolved}`);
    for (const match of resolved.matchAll(/^\s+lib\S+ => (\S+) \(/gm)) {
      if (!match[1]!.startsWith(packages))
        throw new Error(`${from} would take ${match[1]} from this host; add its package in src/image.ts`);
      libraries.add(match[1]!);
    }
  }
  await mkdir(join(tree, 'lib/x86_64-linux-gnu'), { recursive: true });
  for (const library of libraries) await copyFile(library, join(tree, 'lib/x86_64-linux-gnu', basename(library)));
  await mkdir(join(tree, 'lib64'), { recursive: true });
  await copyFile(await find(packages, loader), join(tree, 'lib64/ld-linux-x86-64.so.2'));
  await symlink('/sbin/mke2fs', join(tree, 'sbin/mkfs.ext4'));
}

/** Distributions put the same file into /bin or /usr/bin. */
async function find(packages: string, path: string): Promise<string> {
  for (const candidate of [join(packages, path), join(packages, 'usr', path)]) {
    const real = await realpath(candidate).catch(() => undefined);
    if (real) return real;
  }
  throw new Error(`the unpacked packages hold no ${path}; check the package list in src/image.ts`);
}
