import { AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { unavailable } from '../errors/index.ts';
import { withCallerSignal } from '../http/index.ts';
import { toReader } from '../stream/owned.ts';
import type { Transport, TransportReply, TransportRequest } from './transport.ts';

/**
 * Hands requests to an app in this process, without a socket: same headers, same bytes. Nothing else crosses: the service
 * runs outside the caller's async context (its trace, its transaction), as it would over a socket.
 *
 * @param app looked up for every request, so that a daemon may be started after its callers, or again. Undefined: not running.
 */
export function inProcess(app: () => FastifyInstance | undefined): Transport {
  const outside = new AsyncResource('kumo.inProcess');
  return {
    async send(request) {
      const target = app();
      if (!target)
        throw unavailable({ message: 'The service is not running in this process.', sent: false }, { retryable: true });
      await target.ready();
      return outside.runInAsyncScope(() => dispatch(target, request));
    },
    close: async () => {},
  };
}

async function dispatch(app: FastifyInstance, request: TransportRequest): Promise<TransportReply> {
  const { method, path, headers, body, streamReply, signal } = request;
  signal.throwIfAborted();
  let isWanted = true;
  // Made with the reply, also with one that comes when nobody waits for it any more.
  const replied = async (): Promise<TransportReply> => {
    const reply = await app.inject({
      method: method as 'GET',
      url: path,
      headers: {
        host: 'in-process',
        ...(body instanceof Readable ? { 'transfer-encoding': 'chunked' } : {}),
        ...headers,
      },
      payload: body,
      payloadAsStream: streamReply,
      signal,
    });
    const replyBody = streamReply ? streamOf(reply) : reply.rawPayload;
    if (!isWanted && replyBody instanceof Readable) replyBody.destroy();
    return { status: reply.statusCode, headers: reply.headers as TransportReply['headers'], body: replyBody };
  };
  try {
    return await withCallerSignal(signal, () => orAborted(replied(), signal));
  } finally {
    isWanted = false;
  }
}

/** The service goes on unless it looks at `request.signal`; the caller does not wait for it any longer. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A reader who turns away half-way ends the reply, and with it the service's source, as closing a socket would. */
function streamOf(reply: LightMyRequestResponse): Readable {
  const stream = reply.stream();
  stream.on('error', toReader);
  stream.once('close', () => {
    if (!stream.readableEnded) reply.raw.res.destroy();
  });
  return stream;
}
