import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { toReader } from './owned.ts';

export interface ReadStreamOptions {
  /** First byte; default 0. */
  readonly start?: number;
  /** Last byte, included; default: the file's last. */
  readonly end?: number;
  /** Bytes read at a time. Default 1 MiB. */
  readonly chunkBytes?: number;
  /** `open(2)` flags; default `r`. */
  readonly flags?: string | number;
  /** Ends the stream with an AbortError whose cause is the reason. */
  readonly signal?: AbortSignal;
}

/**
 * A stream of a file that is open when this resolves, so that the file may lose its name meanwhile. It closes itself at its
 * end, when it fails and when it is destroyed; the caller owns it (`owned`). It is not made of a `FileHandle`: Node ends the
 * process when the collector finds one of those open.
 *
 * @throws the system's error (`ENOENT`, …) when the file cannot be opened; the signal's when that came first.
 */
export async function openReadStream(path: string, options: ReadStreamOptions = {}): Promise<Readable> {
  const { start, end, chunkBytes = 1 << 20, flags = 'r', signal } = options;
  signal?.throwIfAborted();
  const stream = createReadStream(path, {
    // Node takes numbers too; its types do not say so.
    flags: flags as string,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    highWaterMark: chunkBytes,
  });
  stream.on('error', toReader);
  await once(stream, 'open');
  // Not before: a stream that Node's own `signal` option ends while it opens leaves its descriptor open.
  if (signal) addAbortSignal(signal, stream);
  signal?.throwIfAborted();
  return stream;
}
