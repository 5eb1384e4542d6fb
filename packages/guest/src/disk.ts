/** Makes the disk: an MBR, a FAT partition for syslinux and the kernel, and an ext4 root partition. No step needs root. */
import { open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const sector = 512;
const mib = 2048; // sectors
const bootStart = mib;

export interface BootFile {
  name: string;
  data: Buffer | string;
}

/** Where syslinux's unpacked packages lie. */
export interface Syslinux {
  program: string;
  mbr: string;
  modules: string;
}

/** A FAT16 file system that syslinux boots from. Returns its size in sectors. */
export async function makeBootPartition(
  image: string,
  files: BootFile[],
  syslinux: Syslinux,
  work: string,
): Promise<number> {
  const bytes = files.reduce((sum, file) => sum + file.data.length, 0);
  const sectors = Math.ceil((bytes + 1.5 * mib * sector) / (mib * sector)) * mib;
  // 8 KB clusters make the BIOS reads long; the hidden sectors tell the boot sector where its partition starts.
  const geometry = ['-T', `${sectors}`, '-h', '16', '-s', '63', '-c', '16', '-H', `${bootStart}`];
  await run('mformat', ['-C', '-i', image, ...geometry, '-v', 'KUMOBOOT', '::']);
  for (const { name, data } of files) {
    await writeFile(join(work, name), data);
    await run('mcopy', ['-i', image, join(work, name), `::/${name}`]);
  }
  await run(syslinux.program, ['--install', image], { cwd: work });
  return sectors;
}

/** An ext4 file system with a directory's content, owned as `owners` says (root where it says nothing). */
export async function makeRootPartition(
  image: string,
  tree: string,
  paths: string[],
  owners: Map<string, number>,
): Promise<number> {
  const sectors = 64 * mib;
  await writeFile(image, '');
  // Checksums cost an emulated CPU more than a throw-away disk gains by them.
  const features = '^metadata_csum,^64bit,^huge_file';
  const options = [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-b',
    '4096',
    '-m',
    '0',
    '-L',
    'kumo-root',
    '-O',
    features,
    '-J',
    'size=4',
  ];
  await run('mke2fs', [
    ...options,
    '-E',
    'lazy_itable_init=0,lazy_journal_init=0,nodiscard',
    '-d',
    tree,
    image,
    `${sectors / 8}`,
  ]);
  // mke2fs copies the builder's user id, which is not root.
  const commands = paths.flatMap((path) =>
    ['uid', 'gid'].map((field) => `sif "/${path}" ${field} ${owners.get(path) ?? 0}`),
  );
  const list = `${image}.debugfs`;
  await writeFile(list, `${['sif / uid 0', 'sif / gid 0', ...commands].join('\n')}\n`);
  await run('debugfs', ['-w', '-f', list, image]);
  return sectors;
}

/** Joins the partitions behind an MBR and writes them as a compressed qcow2 file. Returns its size in bytes. */
export async function writeDisk(
  output: string,
  boot: string,
  root: string,
  syslinux: Syslinux,
  work: string,
): Promise<number> {
  const raw = join(work, 'disk.raw');
  const bootSectors = (await stat(boot)).size / sector;
  const rootSectors = (await stat(root)).size / sector;
  const rootStart = bootStart + bootSectors;
  const mbr = Buffer.alloc(sector);
  (await readFile(syslinux.mbr)).copy(mbr, 0, 0, 440);
  const partition = (index: number, flag: number, type: number, start: number, size: number) => {
    const at = 446 + index * 16;
    mbr.set([flag, 0xfe, 0xff, 0xff, type, 0xfe, 0xff, 0xff], at); // CHS fields at their limit: use LBA
    mbr.writeUInt32LE(start, at + 8);
    mbr.writeUInt32LE(size, at + 12);
  };
  partition(0, 0x80, 0x0e, bootStart, bootSectors);
  partition(1, 0, 0x83, rootStart, rootSectors);
  mbr.writeUInt16LE(0xaa55, 510);

  {
    await using disk = await open(raw, 'w');
    await disk.write(mbr, 0, sector, 0);
    await disk.write(await readFile(boot), 0, bootSectors * sector, bootStart * sector);
    await disk.write(await readFile(root), 0, rootSectors * sector, rootStart * sector);
  }
  // A reader must never see half an image under the final name.
  const partial = `${output}.partial`;
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', raw, partial]);
  await rename(partial, output);
  return (await stat(output)).size;
}
