import { isNoSpace, KumoError, noDiskSpace } from '../errors/index.ts';
import type { AppOptions } from './app-options.ts';
import { type Envelope, statusOf } from './envelopes/envelope.ts';
import { middlewareUnauthorized } from './envelopes/middleware-unauthorized.ts';
import { unexpected } from './errors.ts';
import { nodeHttp } from './node-http.ts';

export interface ErrorReply {
  readonly status: number;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Any error as what its asker may read. What is not a KumoError says nothing but the request id; neither does another
 * service's 401, which is about our own token and would make the client throw its good one away.
 */
export function presentable(error: unknown, requestId: string): KumoError {
  const foreign = error instanceof KumoError && error.kind === 'unauthorized' && error.params.service !== undefined;
  if (error instanceof KumoError && !foreign) return error;
  return isNoSpace(error) ? noDiskSpace({}, { cause: error }) : unexpected({ requestId }, { cause: error });
}

/** The reply for an error, in the service's envelope. */
export function errorReply(error: KumoError, options: AppOptions, requestId: string): ErrorReply {
  const envelope = envelopeOf(error, options);
  const status = statusOf(envelope, error.kind);
  const challenge: Record<string, string> =
    status === 401 && options.authUri !== undefined ? { 'www-authenticate': `Keystone uri="${options.authUri}"` } : {};
  const headers = { ...challenge, ...error.headers };
  if (error.body !== undefined)
    return { status, contentType: 'application/json', headers, body: JSON.stringify(error.body) };
  return {
    status,
    contentType: envelope.contentType,
    headers,
    body: envelope.render({
      status,
      kind: error.kind,
      code: error.code,
      message: error.message,
      title: nodeHttp.STATUS_CODES[status] ?? 'Error',
      requestId,
      error,
    }),
  };
}

function envelopeOf(error: KumoError, options: AppOptions): Envelope {
  return error.kind === 'unauthorized' && !options.envelope.ownUnauthorized ? middlewareUnauthorized : options.envelope;
}
