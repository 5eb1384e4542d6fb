import { rm, writeFile } from 'node:fs/promises';
import { type Ids, withThrowAwayIds } from '@kumo/core/confine';
import {
  assertDeclared,
  FormatInspector,
  imageVirtualSizeTooLarge,
  inspectFile,
  inspectStream,
  qemuImg,
} from '@kumo/core/imageformat';
import type { ImageSource } from '../driver.ts';
import { bytesPerGb, copyTimeoutMs, writeSparse } from './volume-files.ts';
import { giveFile } from './volume-owners.ts';

export interface FillOptions {
  sizeGb: number;
  /** The volume's owner, as whom an image is interpreted: a crafted one then reaches nothing but this volume. */
  owner: Ids | undefined;
  signal?: AbortSignal;
  from: string;
}

/** Formats whose bytes are the disk's bytes. */
const plainFormats = new Set(['raw', 'gpt', 'iso', 'ami', 'aki', 'ari', 'luks']);
/** Glance's names and QEMU's, where they differ. */
const qemuFormats: Record<string, string> = { vhd: 'vpc' };
/** A large compressed image takes its time on a slow processor; a crafted one must end. */
const cpuSeconds = 3_600;

/**
 * Fills the empty file `path` with the disk that an image holds. A plain image is written where it belongs at once; a
 * container is kept in a file beside `path` first, inspected, and then converted.
 *
 * @throws what core/imageformat's `assertDeclared` throws; DriverError.
 */
export async function fillFromImage(path: string, image: ImageSource, options: FillOptions): Promise<void> {
  const { sizeGb, signal } = options;
  const maxVirtualSizeBytes = sizeGb * bytesPerGb;
  const inspector = new FormatInspector();
  const source = abortable(image.stream, signal);
  if (plainFormats.has(image.format)) {
    const limited = bounded(source, maxVirtualSizeBytes);
    await writeSparse(path, inspectStream(limited, inspector, { declared: image.format, maxVirtualSizeBytes }));
    return;
  }
  // Of the same name but for its end, so that it is found and removed with the volume's other leftovers.
  const container = path.replace(/\.part$/, '.image.part');
  try {
    await writeFile(container, '', { flag: 'wx', mode: 0o600 });
    // A container may need somewhat more than what it holds, never a multiple of it.
    const limited = bounded(source, maxVirtualSizeBytes * 1.1 + bytesPerGb);
    await writeSparse(container, inspectStream(limited, inspector, { declared: image.format, maxVirtualSizeBytes }));
    await convert(container, image.format, path, options);
  } finally {
    await rm(container, { force: true });
  }
}

async function convert(container: string, format: string, path: string, options: FillOptions): Promise<void> {
  const { sizeGb, owner, signal, from } = options;
  assertDeclared(await inspectFile(container), format, { maxVirtualSizeBytes: sizeGb * bytesPerGb });
  // The target is opened by name and made anew, but keeps its owner and mode.
  const work = (as: Ids | undefined) =>
    qemuImg(['convert', '-f', qemuFormats[format] ?? format, '-O', 'raw', '-S', '64k', container, path], {
      as,
      signal,
      timeoutMs: copyTimeoutMs,
      cpuSeconds,
      from,
    });
  if (owner) {
    await giveFile(container, owner);
    await work(owner);
  } else await withThrowAwayIds([container, path], work);
}

async function* bounded(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw imageVirtualSizeTooLarge({ virtualSizeBytes: sizeBytes, maxBytes });
    yield chunk;
  }
}

/** A stream that hangs is the business of whoever made it; the signal ends the work at the next chunk. */
async function* abortable(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
