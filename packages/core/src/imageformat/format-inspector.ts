import { type FileHandle, open } from 'node:fs/promises';
import { headBytes, ImageBytes, maxRegionBytes, type Region, tailBytes } from './image-bytes.ts';
import { vhdxRegion } from './microsoft-disks.ts';
import { assertDeclared, type ImageVerdict, judge } from './verdict.ts';
import { vmdkRegion } from './vmdk.ts';

/**
 * Looks at an image while it streams past. Keeps its first 320 KiB, at most 1 MiB more where a VMDK or VHDX says
 * that its description lies, and its last sectors; never more, whatever the image claims.
 */
export class FormatInspector {
  #head = Buffer.allocUnsafe(64 << 10);
  #headLength = 0;
  #region: { offset: number; bytes: Buffer; filled: number } | undefined;
  #planned = false;
  #tail = Buffer.alloc(0);
  #fedBytes = 0;

  get fedBytes(): number {
    return this.#fedBytes;
  }

  /** Gives the next bytes of the image, cut anywhere. Never throws; keeps no reference to `chunk`. */
  feed(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#keepHead(bytes);
    if (this.#headLength === headBytes && !this.#planned) this.#plan();
    this.#keepRegion(bytes);
    this.#keepTail(bytes);
    this.#fedBytes += bytes.length;
  }

  /** The verdict so far, once enough was fed to know the format; what depends on the image's end is left out. */
  early(): ImageVerdict | undefined {
    const region = this.#region;
    if (this.#headLength < headBytes || (region && region.filled < region.bytes.length)) return undefined;
    return judge(this.#bytes(undefined));
  }

  /** The verdict after the last byte. */
  finish(): ImageVerdict {
    if (!this.#planned) this.#plan();
    return judge(this.#bytes(this.#fedBytes));
  }

  #bytes(sizeBytes: number | undefined): ImageBytes {
    const region = this.#region && {
      offset: this.#region.offset,
      bytes: this.#region.bytes.subarray(0, this.#region.filled),
    };
    return new ImageBytes({ head: this.#head.subarray(0, this.#headLength), region, tail: this.#tail, sizeBytes });
  }

  #keepHead(bytes: Buffer): void {
    const wanted = Math.min(bytes.length, headBytes - this.#headLength);
    if (wanted <= 0) return;
    const needed = this.#headLength + wanted;
    if (needed > this.#head.length) {
      const larger = Buffer.allocUnsafe(Math.min(headBytes, Math.max(needed, this.#head.length * 2)));
      this.#head.copy(larger, 0, 0, this.#headLength);
      this.#head = larger;
    }
    bytes.copy(this.#head, this.#headLength, 0, wanted);
    this.#headLength = needed;
  }

  /** Reserves the further region and takes what of it lies in the head already. */
  #plan(): void {
    this.#planned = true;
    const head = this.#head.subarray(0, this.#headLength);
    const region = furtherRegion(head);
    if (!region) return;
    const bytes = Buffer.alloc(region.length);
    const filled = region.offset < head.length ? head.copy(bytes, 0, region.offset) : 0;
    this.#region = { offset: region.offset, bytes, filled };
  }

  #keepRegion(bytes: Buffer): void {
    const region = this.#region;
    if (!region || region.filled === region.bytes.length) return;
    const from = region.offset + region.filled - this.#fedBytes;
    if (from >= 0 && from < bytes.length) region.filled += bytes.copy(region.bytes, region.filled, from);
  }

  #keepTail(bytes: Buffer): void {
    if (bytes.length >= tailBytes) this.#tail = Buffer.from(bytes.subarray(bytes.length - tailBytes));
    else this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-tailBytes);
  }
}

function furtherRegion(head: Buffer): Region | undefined {
  const image = new ImageBytes({ head });
  const region = vmdkRegion(image) ?? vhdxRegion(image);
  if (!region || region.offset + region.length <= head.length) return undefined;
  return { offset: region.offset, length: Math.min(region.length, maxRegionBytes) };
}

export interface InspectOptions {
  /** The `disk_format` that the content must have. */
  declared: string;
  maxVirtualSizeBytes?: number;
}

/**
 * Passes an image on and refuses it as soon as its bytes tell: a mismatch is known after 320 KiB, long before
 * a large upload has ended, the rest when it has. The consumer must discard what it got when this throws.
 *
 * @throws what `assertDeclared` throws.
 */
export async function* inspectStream(
  source: AsyncIterable<Uint8Array>,
  inspector: FormatInspector,
  { declared, maxVirtualSizeBytes }: InspectOptions,
): AsyncGenerator<Uint8Array, ImageVerdict> {
  let early: ImageVerdict | undefined;
  for await (const chunk of source) {
    inspector.feed(chunk);
    if (!early) {
      early = inspector.early();
      // A fixed VHD shows itself at its end only; every other format is known from its beginning.
      if (early && declared !== 'vhd') assertDeclared(early, declared, { maxVirtualSizeBytes });
    }
    yield chunk;
  }
  const verdict = inspector.finish();
  assertDeclared(verdict, declared, { maxVirtualSizeBytes });
  return verdict;
}

/** Inspects a file by a few bounded reads. The file must not change meanwhile. */
export async function inspectFile(path: string): Promise<ImageVerdict> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const head = await read(file, 0, headBytes);
  const wanted = furtherRegion(head);
  const region = wanted && { offset: wanted.offset, bytes: await read(file, wanted.offset, wanted.length) };
  const tail = await read(file, Math.max(0, size - tailBytes), tailBytes);
  return judge(new ImageBytes({ head, region, tail, sizeBytes: size }));
}

async function read(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
