import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { badRequest, overLimit } from '../errors/index.ts';
import { connectionOf } from './connections/guard.ts';
import { DEFAULT_LIMITS } from './connections/limits.ts';

/** Whether a request announces a body at all. */
export function hasBody(raw: IncomingMessage): boolean {
  const length = raw.headers['content-length'];
  return raw.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Reads a request's body whole, within the time that the connection's limits give.
 * @throws overLimit as soon as it is, or says that it is, longer than `maxBytes`; no more is read then.
 */
export function readBody(raw: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(raw.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(overLimit({ limit: maxBytes }));
  const { bodyMs } = connectionOf(raw.socket)?.limits ?? DEFAULT_LIMITS;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (error: Error | undefined) => {
      clearTimeout(timer);
      raw.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      if (error) {
        raw.pause();
        reject(error);
      } else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length));
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) settle(overLimit({ limit: maxBytes }));
      else chunks.push(chunk);
    };
    const onEnd = () => settle(undefined);
    const onGone = () =>
      settle(badRequest({ message: 'The connection was closed before the request body had arrived.' }));
    const timer = setTimeout(
      () => settle(badRequest({ message: `The request body did not arrive within ${bodyMs / 1000} seconds.` })),
      bodyMs,
    );
    raw.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/** The raw bytes, failing with `overLimit` past `maxBytes`. */
export function boundedStream(raw: IncomingMessage, maxBytes: number | undefined): Readable {
  if (maxBytes === undefined) return raw;
  if (Number(raw.headers['content-length'] ?? 0) > maxBytes) throw overLimit({ limit: maxBytes });
  let length = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length > maxBytes) done(overLimit({ limit: maxBytes }));
      else done(null, chunk);
    },
  });
  raw.on('error', (error) => bound.destroy(error));
  raw.on('close', () => {
    if (!raw.readableEnded)
      bound.destroy(badRequest({ message: 'The connection was closed before the request body had arrived.' }));
  });
  return raw.pipe(bound);
}
