import { type Finding, type ImageBytes, maxRegionBytes, type Region, sizeFrom } from './image-bytes.ts';

const sectorBytes = 512;
const sparseMagic = 'KDMV';
const directoryAtEnd = 0xffff_ffff_ffff_ffffn;
const allowedTypes = new Set(['monolithicSparse', 'streamOptimized']);
const textProbeBytes = 4096;
const maxLineLength = 1024;
/** QEMU takes a file for a descriptor when comments and blank lines are followed by a version. */
const textDescriptor = /^(?:(?:#[^\n]*| *\r?)\n)*version=[123]\r?\n/;

/**
 * VMware's virtual disk. Only a single sparse file that holds its own descriptor is fine (monolithicSparse,
 * streamOptimized); everything else names further files, which QEMU would open on the host.
 */
export function detectVmdk(image: ImageBytes): Finding | undefined {
  if (image.startsWith(sparseMagic)) return sparse(image);
  if (image.startsWith('COWD')) return refused('is a VMware ESX sparse extent');
  const text = image.head.subarray(0, textProbeBytes).toString('latin1');
  if (text.startsWith('# Disk DescriptorFile') || textDescriptor.test(text)) {
    return refused('is a VMDK descriptor that names other files');
  }
  return undefined;
}

/** Where the descriptor of a sparse VMDK lies, as far as it is worth keeping. */
export function vmdkRegion(image: ImageBytes): Region | undefined {
  const header = image.startsWith(sparseMagic) ? image.at(0, sectorBytes) : undefined;
  if (!header) return undefined;
  const offset = sizeFrom(header.readBigUInt64LE(28) * BigInt(sectorBytes));
  const length = sizeFrom(header.readBigUInt64LE(36) * BigInt(sectorBytes));
  return { offset, length: Math.min(length, maxRegionBytes) };
}

function refused(problem: string): Finding {
  return { format: 'vmdk', virtualSizeBytes: 0, problems: [problem] };
}

function sparse(image: ImageBytes): Finding {
  const header = image.at(0, sectorBytes);
  if (!header) return refused('its VMDK header is cut off');
  const version = header.readUInt32LE(4);
  const capacity = header.readBigUInt64LE(12);
  const problems = [...descriptorProblems(image), ...footerProblems(image, header)];
  if (version < 1 || version > 3) problems.push(`has VMDK version ${version}`);
  // With no capacity QEMU reads the embedded descriptor as if it were a file of its own, extents and all.
  if (capacity === 0n) problems.push('has no capacity of its own');
  return { format: 'vmdk', virtualSizeBytes: sizeFrom(capacity * BigInt(sectorBytes)), problems };
}

function descriptorProblems(image: ImageBytes): string[] {
  const region = vmdkRegion(image);
  if (!region || region.length === 0) return ['has no VMDK descriptor'];
  if (region.offset < sectorBytes) return ['has its VMDK descriptor in its header'];
  if (region.length >= maxRegionBytes) return ['has an oversized VMDK descriptor'];
  const bytes = image.at(region.offset, region.length);
  if (!bytes) return ['its VMDK descriptor is cut off'];
  const zero = bytes.indexOf(0);
  const text = bytes.subarray(0, zero < 0 ? bytes.length : zero).toString('latin1');
  return textProblems(text.split(/\r?\n/));
}

function textProblems(lines: string[]): string[] {
  // Also keeps the patterns below from meeting a line that takes them long.
  if (lines.some((line) => line.length > maxLineLength)) return ['has an overlong line in its VMDK descriptor'];
  const problems: string[] = [];
  const types = lines.flatMap((line) => /^\s*createType\s*=\s*"?([^"]*?)"?\s*$/i.exec(line)?.[1] ?? []);
  if (types.length !== 1 || !allowedTypes.has(types[0]!)) {
    problems.push(`has the VMDK type ${types.map((type) => type.slice(0, 40)).join(', ') || '(none)'}`);
  }
  const extents = lines.filter((line) => /^\s*(RW|RDONLY|NOACCESS)\b/i.test(line));
  if (extents.length !== 1) problems.push(`has ${extents.length} VMDK extents`);
  for (const extent of extents) {
    if (!/^\s*(?:RW|RDONLY)\s+\d+\s+SPARSE\s+"[^"/\\]*"\s*\d*\s*$/.test(extent))
      problems.push('has a VMDK extent that names a path');
  }
  const parent = lines.find((line) => /^\s*parentCID\s*=/i.test(line));
  if (parent && !/=\s*f{8}\s*$/i.test(parent)) problems.push('has a parent');
  if (lines.some((line) => /^\s*parentFileNameHint\s*=/i.test(line))) problems.push('names a parent file');
  return problems;
}

/** A streamOptimized image repeats its header near its end, and QEMU believes that copy. */
function footerProblems(image: ImageBytes, header: Buffer): string[] {
  if (header.readBigUInt64LE(56) !== directoryAtEnd || image.sizeBytes === undefined) return [];
  const footer = image.beforeEnd(2 * sectorBytes, sectorBytes);
  if (!footer || footer.toString('latin1', 0, 4) !== sparseMagic) return ['its VMDK footer is missing'];
  // Magic, version, flags, capacity and grain size.
  return footer.subarray(0, 28).equals(header.subarray(0, 28)) ? [] : ['has a VMDK footer that contradicts its header'];
}
