import { finished, type Readable } from 'node:stream';

/** Undici ends a body too, when the answer comes early or the connection breaks, and then says so itself. */
const PATIENCE_MS = 1_000;

/** A request's streamed body during one call. */
export interface RequestStream extends Disposable {
  /** Aborted when the stream ended before its end and nothing came of it since. */
  readonly signal: AbortSignal;
}

/**
 * Takes a streamed body over: it is destroyed when the call is, whether it was sent, refused by an early reply, or never begun.
 * A stream that fails, or was closed half-way, ends the call: the service would wait for the rest for ever.
 */
export function requestStream(body: Readable): RequestStream {
  const broken = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  // Its listeners stay, so that a stream which fails when nobody reads it any more is nobody's uncaught error.
  finished(body, { writable: false }, (error) => {
    if (error && !isOver) timer = setTimeout(() => broken.abort(error), PATIENCE_MS);
  });
  return {
    signal: broken.signal,
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
      body.destroy();
    },
  };
}
