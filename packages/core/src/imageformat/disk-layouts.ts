import { type Finding, type ImageBytes, sizeFrom } from './image-bytes.ts';

/** VirtualBox's VDI. */
export function detectVdi(image: ImageBytes): Finding | undefined {
  if (image.at(0x40, 4)?.readUInt32LE() !== 0xbeda107f) return undefined;
  const header = image.at(0, 0x200);
  if (!header) return { format: 'vdi', virtualSizeBytes: 0, problems: ['its VDI header is cut off'] };
  const problems: string[] = [];
  const type = header.readUInt32LE(0x4c);
  if (type !== 1 && type !== 2) problems.push('is not a self-contained VDI');
  const links = header.subarray(0x1a8, 0x1c8);
  if (links.some((byte) => byte !== 0)) problems.push('has a parent');
  return { format: 'vdi', virtualSizeBytes: sizeFrom(header.readBigUInt64LE(0x170)), problems };
}

/** An ISO 9660 file system; such an image is used as it is, so its size is that of the file. */
export function detectIso(image: ImageBytes): Finding | undefined {
  return image.startsWith('CD001', 0x8001) ? plain('iso', image) : undefined;
}

/** A disk with a partition table, GPT or the older MBR; a FAT boot sector is not mistaken for one. */
export function detectPartitionTable(image: ImageBytes): Finding | undefined {
  if (image.startsWith('EFI PART', 512) || image.startsWith('EFI PART', 4096)) return plain('gpt', image);
  const table = image.at(510, 2)?.readUInt16LE() === 0xaa55 ? image.at(446, 64) : undefined;
  if (!table) return undefined;
  let used = 0;
  for (let entry = 0; entry < 64; entry += 16) {
    if ((table[entry]! & 0x7f) !== 0) return undefined;
    if (table[entry + 4] !== 0 && table.readUInt32LE(entry + 12) !== 0) used += 1;
  }
  return used > 0 ? plain('gpt', image) : undefined;
}

/** A LUKS container: encrypted, but it names no other file. */
export function detectLuks(image: ImageBytes): Finding | undefined {
  return image.startsWith('LUKS\xba\xbe') ? plain('luks', image) : undefined;
}

const unsupportedMagics = [
  ['QED\0', 'QED'],
  ['OOOM', 'COW'],
  ['WithoutFreeSpace', 'Parallels'],
  ['WithouFreSpacExt', 'Parallels'],
  ['Bochs Virtual HD Image', 'Bochs'],
  ['#!/bin/sh\n#V2.0 Format\n', 'cloop'],
] as const;

/** Containers that QEMU would recognise when it is left to guess. */
export function detectUnsupported(image: ImageBytes): Finding | undefined {
  const known = unsupportedMagics.find(([magic]) => image.startsWith(magic));
  return known && { format: 'unsupported', virtualSizeBytes: 0, problems: [`is a ${known[1]} image`] };
}

export function rawDisk(image: ImageBytes): Finding {
  return plain('raw', image);
}

function plain(format: 'raw' | 'gpt' | 'iso' | 'luks', image: ImageBytes): Finding {
  return { format, virtualSizeBytes: image.sizeBytes ?? 0, problems: [] };
}
