import type { IncomingHttpHeaders } from 'node:http';
import { context, ROOT_CONTEXT, type Span, type Context as TraceContext, trace } from '@opentelemetry/api';
import { withSpan } from '../trace/index.ts';
import type { Endpoint } from './compiled-operation.ts';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const DAEMON = /^[a-z0-9-]{1,40}$/;

/**
 * Serves a request inside its span: a write always has one, a read only within a sampled trace (`withSpan` decides). A trace
 * is continued only when a daemon of ours says that it sent the request (`x-kumo-from`): ids of other callers are theirs.
 */
export function withServerSpan<T>(
  endpoint: Endpoint,
  headers: IncomingHttpHeaders,
  service: string,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const sender = headers['x-kumo-from'];
  const from = typeof sender === 'string' && DAEMON.test(sender) ? sender : undefined;
  const parent = from === undefined ? undefined : parentOf(headers.traceparent);
  const attributes = { 'http.method': endpoint.method, 'http.route': endpoint.path };
  const options = { kind: 'http', from: from ?? 'client', to: service, side: 'server', attributes } as const;
  return context.with(parent ?? ROOT_CONTEXT, withSpan<T>, undefined, endpoint.name, options, work);
}

/** Undefined for what is malformed. An unsampled parent is kept: what periodic work asks of others starts no trace (ADR 0002). */
function parentOf(header: string | string[] | undefined): TraceContext | undefined {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  if (!match) return undefined;
  const [, traceId, spanId, flags] = match as unknown as [string, string, string, string];
  const traceFlags = Number.parseInt(flags, 16);
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
