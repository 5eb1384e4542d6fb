import { type Finding, type ImageBytes, maxRegionBytes, type Region, sizeFrom } from './image-bytes.ts';

const vhdCookie = 'conectix';
const vhdTypes: Record<number, string> = { 2: 'fixed', 3: 'dynamic', 4: 'differencing' };
const vhdxRegionTable = 192 << 10;
const guid = {
  metadataRegion: '06a27c8b90479a4bb8fe575f050f886e',
  fileParameters: '3767a1ca36fa434db3b633f0aa44e76b',
  virtualDiskSize: '2442a52f1bcd7648b2115dbed83bf4b8',
  parentLocator: '2d5fd3a80bb34d45abf7d3d84834ab0c',
};
const maxEntries = 2047;

/** Virtual PC's VHD: dynamic disks begin with a copy of the footer; fixed disks are raw bytes before a footer. */
export function detectVhd(image: ImageBytes): Finding | undefined {
  const atStart = image.startsWith(vhdCookie);
  const footer = atStart ? image.at(0, 512) : image.beforeEnd(512, 512);
  if (!footer)
    return atStart ? { format: 'vhd', virtualSizeBytes: 0, problems: ['its VHD header is cut off'] } : undefined;
  if (footer.toString('latin1', 0, vhdCookie.length) !== vhdCookie) return undefined;
  const type = vhdTypes[footer.readUInt32BE(60)];
  const problems: string[] = [];
  if (type === 'differencing') problems.push('has a parent');
  if (type === undefined || (atStart && type === 'fixed')) problems.push('has an unknown VHD type');
  return { format: 'vhd', virtualSizeBytes: sizeFrom(footer.readBigUInt64BE(48)), problems };
}

/** Where VHDX keeps its metadata table and the values right behind it. */
export function vhdxRegion(image: ImageBytes): Region | undefined {
  if (!image.startsWith('vhdxfile')) return undefined;
  const table = entries(image, vhdxRegionTable, { signature: 'regi', countAt: 8, firstAt: 16, wideCount: true });
  const entry = table?.get(guid.metadataRegion);
  if (!entry) return undefined;
  return { offset: sizeFrom(entry.readBigUInt64LE(16)), length: Math.min(entry.readUInt32LE(24), maxRegionBytes) };
}

/** Hyper-V's VHDX (MS-VHDX). */
export function detectVhdx(image: ImageBytes): Finding | undefined {
  if (!image.startsWith('vhdxfile')) return undefined;
  const region = vhdxRegion(image);
  const layout = { signature: 'metadata', countAt: 10, firstAt: 32, wideCount: false };
  const table = region && entries(image, region.offset, layout);
  if (!region || !table) return { format: 'vhdx', virtualSizeBytes: 0, problems: ['its VHDX metadata is missing'] };
  const value = (id: string, length: number) => {
    const entry = table.get(id);
    return entry && image.at(region.offset + entry.readUInt32LE(16), length);
  };
  const problems: string[] = [];
  const parameters = value(guid.fileParameters, 8);
  if (!parameters) problems.push('its VHDX file parameters are missing');
  if ((parameters && parameters.readUInt32LE(4) & 0b10) || table.has(guid.parentLocator)) problems.push('has a parent');
  const size = value(guid.virtualDiskSize, 8);
  if (!size) problems.push('its VHDX disk size is missing');
  return { format: 'vhdx', virtualSizeBytes: size ? sizeFrom(size.readBigUInt64LE()) : 0, problems };
}

interface TableLayout {
  signature: string;
  countAt: number;
  wideCount: boolean;
  firstAt: number;
}

/** Both of VHDX's tables are a signature, a count and 32-byte entries that begin with a GUID. */
function entries(image: ImageBytes, offset: number, layout: TableLayout): Map<string, Buffer> | undefined {
  const head = image.startsWith(layout.signature, offset) ? image.at(offset, 32) : undefined;
  const count = head && (layout.wideCount ? head.readUInt32LE(layout.countAt) : head.readUInt16LE(layout.countAt));
  if (count === undefined || count > maxEntries) return undefined;
  const found = new Map<string, Buffer>();
  for (let index = 0; index < count; index += 1) {
    const entry = image.at(offset + layout.firstAt + index * 32, 32);
    if (!entry) return undefined;
    found.set(entry.toString('hex', 0, 16), entry);
  }
  return found;
}
