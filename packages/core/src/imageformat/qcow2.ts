import { type Finding, type ImageBytes, sizeFrom } from './image-bytes.ts';

// docs/interop/qcow2.txt in QEMU's tree.
const incompatible = { corrupt: 1n << 1n, dataFile: 1n << 2n, extendedL2: 1n << 4n };
const knownIncompatible = 0b11111n;
const extension = { end: 0, dataFileName: 0x44415441, backingFormat: 0xe2792aca };
const maxL1Bytes = 32n << 20n;
const maxRefcountTableBytes = 8n << 20n;
const maxSnapshots = 65_536;
const shortHeaderBytes = 72;
const longHeaderBytes = 104;

interface Header {
  version: number;
  backingOffset: bigint;
  clusterBits: number;
  sizeBytes: bigint;
  cryptMethod: number;
  l1Entries: bigint;
  l1Offset: bigint;
  refcountOffset: bigint;
  refcountClusters: bigint;
  snapshots: number;
  snapshotsOffset: bigint;
  features: bigint;
  headerBytes: number;
}

/** qcow2 versions 2 and 3. Refuses whatever names another file or asks a reader for absurd tables. */
export function detectQcow2(image: ImageBytes): Finding | undefined {
  if (!image.startsWith('QFI\xfb')) return undefined;
  const version = image.at(4, 4)?.readUInt32BE() ?? 0;
  if (version !== 2 && version !== 3) return broken(`qcow version ${version} is not supported`);
  const raw = image.at(0, version === 2 ? shortHeaderBytes : longHeaderBytes);
  if (!raw) return broken('its qcow2 header is cut off');
  const header = parse(raw, version);
  return {
    format: 'qcow2',
    virtualSizeBytes: sizeFrom(header.sizeBytes),
    problems: [...references(header), ...geometry(header, image.sizeBytes), ...extensions(image, header)],
  };
}

function broken(problem: string): Finding {
  return { format: 'qcow2', virtualSizeBytes: 0, problems: [problem] };
}

function parse(raw: Buffer, version: number): Header {
  return {
    version,
    backingOffset: raw.readBigUInt64BE(8),
    clusterBits: raw.readUInt32BE(20),
    sizeBytes: raw.readBigUInt64BE(24),
    cryptMethod: raw.readUInt32BE(32),
    l1Entries: BigInt(raw.readUInt32BE(36)),
    l1Offset: raw.readBigUInt64BE(40),
    refcountOffset: raw.readBigUInt64BE(48),
    refcountClusters: BigInt(raw.readUInt32BE(56)),
    snapshots: raw.readUInt32BE(60),
    snapshotsOffset: raw.readBigUInt64BE(64),
    features: version === 3 ? raw.readBigUInt64BE(72) : 0n,
    headerBytes: version === 3 ? raw.readUInt32BE(100) : shortHeaderBytes,
  };
}

function references({ backingOffset, features, cryptMethod }: Header): string[] {
  const problems: string[] = [];
  if (backingOffset !== 0n) problems.push('has a backing file');
  if (features & incompatible.dataFile) problems.push('has an external data file');
  if (features & incompatible.corrupt) problems.push('is marked corrupt');
  if (features & ~knownIncompatible) problems.push('has unknown incompatible features');
  if (cryptMethod !== 0) problems.push('is encrypted');
  return problems;
}

function geometry(header: Header, fileBytes: number | undefined): string[] {
  const { clusterBits, sizeBytes, l1Entries, refcountClusters, snapshots, headerBytes, version } = header;
  if (clusterBits < 9 || clusterBits > 21) return [`has a cluster size of 2^${clusterBits} bytes`];
  const problems: string[] = [];
  const clusterBytes = 1n << BigInt(clusterBits);
  const l2EntryBytes = header.features & incompatible.extendedL2 ? 16n : 8n;
  const coveredByL1Entry = (clusterBytes / l2EntryBytes) * clusterBytes;
  const l1Bytes = l1Entries * 8n;
  const refcountBytes = refcountClusters * clusterBytes;
  if (version === 3 && (headerBytes < longHeaderBytes || headerBytes > Number(clusterBytes) || headerBytes % 8 !== 0)) {
    problems.push(`has a header length of ${headerBytes} bytes`);
  }
  if (l1Bytes > maxL1Bytes) problems.push('has an oversized L1 table');
  if (l1Entries * coveredByL1Entry < sizeBytes) problems.push('has an L1 table too small for its virtual size');
  if (refcountClusters === 0n) problems.push('has no refcount table');
  if (refcountBytes > maxRefcountTableBytes) problems.push('has an oversized refcount table');
  if (snapshots > maxSnapshots) problems.push(`has ${snapshots} snapshots`);
  const tables: [string, bigint, bigint][] = [
    ['L1 table', header.l1Offset, l1Bytes],
    ['refcount table', header.refcountOffset, 1n],
    ['snapshot table', header.snapshotsOffset, BigInt(snapshots) * 40n],
  ];
  for (const [name, offset, length] of tables) {
    if (length === 0n) continue;
    if (offset % clusterBytes !== 0n) problems.push(`has an unaligned ${name}`);
    if (fileBytes !== undefined && offset + length > BigInt(fileBytes)) problems.push(`has its ${name} beyond its end`);
  }
  return problems;
}

/** The header extensions end with type 0, with the first cluster, or where the name of a backing file begins. */
function extensions(image: ImageBytes, header: Header): string[] {
  const end = 2 ** Math.min(Math.max(header.clusterBits, 9), 21);
  const problems: string[] = [];
  let offset = header.headerBytes;
  while (offset + 8 <= end) {
    const start = image.at(offset, 8);
    if (!start) return problems;
    const type = start.readUInt32BE(0);
    const length = start.readUInt32BE(4);
    if (type === extension.end) return problems;
    if (offset + 8 + length > end) return [...problems, 'has a header extension beyond its first cluster'];
    if (type === extension.dataFileName) problems.push('names an external data file');
    if (type === extension.backingFormat) problems.push('names the format of a backing file');
    offset += 8 + Math.ceil(length / 8) * 8;
  }
  return problems;
}
