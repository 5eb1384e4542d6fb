import { createHash } from 'node:crypto';
import { imageTooLarge, type PutOptions } from './image-store.ts';

export interface Digest {
  sizeBytes: number;
  checksum: string;
  osHashAlgo: 'sha512';
  osHashValue: string;
}

/**
 * Reads `source` to its end, hands every chunk to `write` and hashes it while it is being written. At most one write
 * is under way, so a slow disk slows the sender.
 *
 * @throws imageTooLarge, the signal's reason, or what the source or `write` throws.
 */
export async function hashInto(
  source: AsyncIterable<Uint8Array>,
  write: (chunk: Uint8Array) => Promise<void>,
  { signal, maxBytes = Number.MAX_SAFE_INTEGER }: PutOptions,
): Promise<Digest> {
  const md5 = createHash('md5');
  const sha512 = createHash('sha512');
  let sizeBytes = 0;
  signal?.throwIfAborted();
  for await (const chunk of abortable(source, signal)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw imageTooLarge({ maxBytes });
    const written = write(chunk);
    md5.update(chunk);
    sha512.update(chunk);
    await written;
  }
  return { sizeBytes, checksum: md5.digest('hex'), osHashAlgo: 'sha512', osHashValue: sha512.digest('hex') };
}

/** Ends a wait for the next chunk too when the signal aborts. */
async function* abortable(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (!signal) {
    yield* source;
    return;
  }
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not awaited: a source that hangs in next() would answer return() only after it.
    iterator.return?.().catch(() => {});
  }
}
