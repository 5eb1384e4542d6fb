import { defineError } from '../errors/index.ts';
import { detectIso, detectLuks, detectPartitionTable, detectUnsupported, detectVdi, rawDisk } from './disk-layouts.ts';
import type { Finding, ImageBytes, ImageFormat } from './image-bytes.ts';
import { detectVhd, detectVhdx } from './microsoft-disks.ts';
import { detectQcow2 } from './qcow2.ts';
import { detectVmdk } from './vmdk.ts';

export interface ImageVerdict {
  format: ImageFormat;
  /** What a guest would see. 0 when the image does not say. */
  virtualSizeBytes: number;
  /** Why the image must not be used, as claims about it: "has a backing file". Empty: nothing was found. */
  problems: string[];
  /** The `disk_format`s under which such content may be declared. */
  declarable: string[];
}

export const imageFormatMismatch = defineError(
  'unsupportedMediaType',
  'ImageFormatMismatch',
  'Image content does not match its disk_format {declared}: it is {format}.',
);
export const imageUnsafe = defineError('unsupportedMediaType', 'ImageUnsafe', 'Image was refused: it {problems}.');
export const imageVirtualSizeTooLarge = defineError(
  'unsupportedMediaType',
  'ImageVirtualSizeTooLarge',
  'Image was refused: its virtual size is {virtualSizeBytes} bytes, and at most {maxBytes} are accepted.',
);

/** The largest disk anybody gets from an image when the caller has no tighter bound: 64 TiB. */
export const defaultMaxVirtualSizeBytes = 64 * 2 ** 40;

/** OpenStack's names for bytes that are used as they are, whatever is in them. */
const plainNames = ['raw', 'ami', 'aki', 'ari'];

const containerDetectors = [detectQcow2, detectVmdk, detectVhd, detectVhdx, detectVdi, detectLuks, detectUnsupported];

/** Judges the kept bytes of an image. Never throws; the order of the detectors does not matter for safety. */
export function judge(image: ImageBytes): ImageVerdict {
  const containers = containerDetectors.flatMap((detect) => detect(image) ?? []);
  const iso = detectIso(image);
  const partitioned = detectPartitionTable(image);
  const finding = containers[0] ?? iso ?? partitioned ?? rawDisk(image);
  const formats = [...containers, ...(iso ? [iso] : [])].map(({ format }) => format);
  const problems = [...finding.problems];
  if (formats.length > 1) problems.push(`looks like several formats at once: ${formats.join(', ')}`);
  return { ...finding, problems, declarable: declarable(finding, image, partitioned !== undefined) };
}

function declarable({ format }: Finding, image: ImageBytes, partitioned: boolean): string[] {
  const table = partitioned ? ['gpt'] : [];
  switch (format) {
    case 'raw':
      return plainNames;
    case 'gpt':
      return [...plainNames, 'gpt'];
    case 'luks':
      return ['luks', 'raw'];
    case 'iso':
      // A hybrid image, made for USB sticks, has a partition table as well.
      return ['iso', ...table];
    case 'vhd':
      // A fixed VHD is a raw disk before its footer, and no reader takes the footer alone for a VHD.
      return image.startsWith('conectix') ? ['vhd'] : ['vhd', 'raw', ...table];
    case 'unsupported':
      return [];
    default:
      return [format];
  }
}

/**
 * Refuses an image whose content is not what its `disk_format` says, that names other files, or that is absurd.
 *
 * @throws imageFormatMismatch, imageUnsafe or imageVirtualSizeTooLarge.
 */
export function assertDeclared(
  verdict: ImageVerdict,
  declared: string,
  { maxVirtualSizeBytes = defaultMaxVirtualSizeBytes }: { maxVirtualSizeBytes?: number } = {},
): void {
  const { format, problems, virtualSizeBytes } = verdict;
  if (!verdict.declarable.includes(declared)) throw imageFormatMismatch({ declared, format });
  if (problems.length > 0) throw imageUnsafe({ problems: problems.join(', ') });
  if (virtualSizeBytes > maxVirtualSizeBytes)
    throw imageVirtualSizeTooLarge({ virtualSizeBytes, maxBytes: maxVirtualSizeBytes });
}
