/** What an inspection keeps of an image, whatever its size: its beginning, one further region, and its end. */
export const headBytes = 320 << 10;
export const maxRegionBytes = 1 << 20;
export const tailBytes = 1536;

export interface Region {
  offset: number;
  length: number;
}

/** The bytes of an image that were kept. All reads are bounded; what was not kept or does not exist is `undefined`. */
export class ImageBytes {
  readonly head: Buffer;
  /** Undefined while the image is still streaming. */
  readonly sizeBytes: number | undefined;
  readonly #region: { offset: number; bytes: Buffer } | undefined;
  readonly #tail: Buffer;

  constructor(parts: { head: Buffer; region?: { offset: number; bytes: Buffer }; tail?: Buffer; sizeBytes?: number }) {
    this.head = parts.head;
    this.#region = parts.region;
    this.#tail = parts.tail ?? Buffer.alloc(0);
    this.sizeBytes = parts.sizeBytes;
  }

  /** `length` bytes at `offset`, or undefined when not all of them are at hand. */
  at(offset: number, length: number): Buffer | undefined {
    if (offset >= 0 && offset + length <= this.head.length) return this.head.subarray(offset, offset + length);
    const region = this.#region;
    if (!region || offset < region.offset) return undefined;
    const from = offset - region.offset;
    return from + length <= region.bytes.length ? region.bytes.subarray(from, from + length) : undefined;
  }

  /** `length` bytes that begin `fromEnd` bytes before the end of the image; undefined while that is not known. */
  beforeEnd(fromEnd: number, length: number): Buffer | undefined {
    if (this.sizeBytes === undefined || fromEnd > this.#tail.length || length > fromEnd) return undefined;
    const from = this.#tail.length - fromEnd;
    return this.#tail.subarray(from, from + length);
  }

  startsWith(magic: string | Buffer, offset = 0): boolean {
    const wanted = typeof magic === 'string' ? Buffer.from(magic, 'latin1') : magic;
    return this.at(offset, wanted.length)?.equals(wanted) ?? false;
  }
}

/** What one detector found in an image. Problems are short claims: "has a backing file". */
export interface Finding {
  format: ImageFormat;
  virtualSizeBytes: number;
  problems: string[];
}

/** OpenStack's `disk_format` names; `unsupported` is a container that QEMU knows and this cloud never accepts. */
export type ImageFormat = 'raw' | 'qcow2' | 'vmdk' | 'vhd' | 'vhdx' | 'vdi' | 'iso' | 'gpt' | 'luks' | 'unsupported';

/** A 64-bit size as a number; beyond 2^53 the exact value no longer matters, because every bound refuses it. */
export function sizeFrom(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}
