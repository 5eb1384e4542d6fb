import { AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { unavailable } from '../errors/index.ts';
import { withCallerSignal } from '../http/index.ts';
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
  const injected = () =>
    app.inject({
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
  const reply = await withCallerSignal(signal, () => orAborted(injected(), signal));
  return {
    status: reply.statusCode,
    headers: reply.headers as TransportReply['headers'],
    body: streamReply ? streamOf(reply) : reply.rawPayload,
  };
}

/** The service goes on unless it looks at `request.signal`; the caller does not wait for it any longer. */
async function orAborted<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
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
  stream.once('close', () => {
    if (!stream.readableEnded) reply.raw.res.destroy();
  });
  return stream;
}
