import type { Readable } from 'node:stream';

/** A stream that ends with the block that `using` it stands in. */
export interface Owned extends Disposable {
  readonly stream: Readable;
}

/**
 * `using data = owned(await client.download(…))`: whoever was handed a stream ends it on every path, read to its end, half-way
 * or never begun. What is left open would hold a descriptor, a connection or a daemon's copy of an image for ever.
 */
export function owned(stream: Readable): Owned {
  stream.on('error', toReader);
  return { stream, [Symbol.dispose]: () => void stream.destroy() };
}

/** A stream fails to whoever reads it; before and after that nobody listens, and the event would end the process. */
export function toReader(): void {}
